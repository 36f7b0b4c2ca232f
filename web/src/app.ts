import "./live/live.ts";
import "./messages/composer.ts";
import "./documents/upload.ts";
