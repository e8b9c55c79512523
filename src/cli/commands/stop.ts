import { defineAction } from "../action.ts";

export default defineAction("stop", "Stop programs and everything they started");
