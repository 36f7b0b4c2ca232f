import "./live/live.ts";
