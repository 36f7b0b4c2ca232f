import "./live/live.ts";
import "./messages/composer.ts";
