// The one script of all pages: the rooms, each of which says what it wants to hear of, and then the connection.
import { live } from "./live/live.ts";
import "./messages/list.ts";
import "./threads/unread.ts";
import "./messages/typing.ts";
import "./messages/composer.ts";
import "./documents/upload.ts";
import "./search/switcher.ts";

live?.connect();
