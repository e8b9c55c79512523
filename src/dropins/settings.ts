import type { SpecLayer } from "../programs/layers.ts";
import { Expected } from "../programs/problem.ts";
import type { Variables } from "./python/percent.ts";
import type { SectionReader } from "./reader.ts";
import { amount, autorestart, boolean, exitCodes, integer, octal, signalName } from "./values.ts";

/** Reads the keys that are the same for all processes of a program. */
export function readProgramSettings(
  reader: SectionReader,
  names: Variables,
  { isKnownUser }: { isKnownUser: (user: string) => boolean },
): SpecLayer {
  const get = <T>(key: string, convert: (text: string) => T) => reader.get(key, names, convert, undefined);
  const stopasgroup = get("stopasgroup", boolean);
  const killasgroup = get("killasgroup", boolean) ?? stopasgroup;
  if (stopasgroup && !killasgroup) reader.complain("killasgroup", "true because stopasgroup is true");
  return {
    priority: get("priority", integer),
    autostart: get("autostart", boolean),
    autorestart: get("autorestart", autorestart),
    startsecs: get("startsecs", amount),
    startretries: get("startretries", amount),
    exitcodes: get("exitcodes", exitCodes),
    stopsignal: get("stopsignal", signalName),
    stopwaitsecs: get("stopwaitsecs", amount),
    stopasgroup,
    killasgroup,
    user: get("user", (text) => userName(text, isKnownUser)),
    umask: get("umask", octal),
  };
}

function userName(text: string, isKnownUser: (user: string) => boolean): string {
  if (isKnownUser(text)) return text;
  const hint = text.includes("$USER_NAME") ? " (USER_NAME is not set)" : "";
  throw new Expected(`a user or user id of /etc/passwd${hint}`);
}
