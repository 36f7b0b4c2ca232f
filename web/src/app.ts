// The one script of all pages: the rooms, each of which says what it wants to hear of, and then the connection.
import { live } from "./live/live.ts";
import "./kit/quiet.ts";
import "./messages/list.ts";
import "./messages/history.ts";
import "./threads/unread.ts";
import "./messages/polls.ts";
import "./messages/typing.ts";
import "./messages/composer.ts";
import "./messages/audience.ts";
import "./documents/upload.ts";
import "./notifications/bell.ts";
import "./push/push.ts";
import "./search/switcher.ts";

live?.connect();
