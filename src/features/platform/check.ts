import { type Check, failed, ok } from "../check.ts";
import { readCredentials } from "./credentials.ts";
import { isPlatformKind, platforms } from "./platforms.ts";

/** Are the id and the key there with which AI_DOCK_IDLE_ACTION has the cloud stop this container? Asks no cloud. */
export const platformCheck: Check = ({ env }) => {
  const kind = env["AI_DOCK_IDLE_ACTION"]?.trim().toLowerCase() ?? "";
  if (!isPlatformKind(kind)) return [];
  const found = readCredentials(kind, env);
  if ("credentials" in found) {
    const { name, noun, idVariable, keyVariable } = platforms[kind];
    const there = `${idVariable} ${found.credentials.id} and ${keyVariable} are there`;
    return [ok("platform", `${there}: ${name} can be asked to stop this ${noun}`)];
  }
  return found.problems.map((problem) => failed("platform", problem, "AI_DOCK_IDLE_ACTION=exit"));
};
