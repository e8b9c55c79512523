import { defineAction } from "../action.ts";

export default defineAction("restart", "Stop programs, then start them again");
