import { defineAction } from "../action.ts";

export default defineAction("start", "Start programs and wait until they run");
