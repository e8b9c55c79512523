import { type ProgramSpec, programDefaults as defaults } from "../programs/spec.ts";
import { Expected } from "../programs/problem.ts";
import type { Variables } from "./python/percent.ts";
import type { SectionReader } from "./reader.ts";
import { amount, autorestart, boolean, exitCodes, integer, octal, signalName } from "./values.ts";

type SettingKeys =
  | "priority"
  | "autostart"
  | "autorestart"
  | "startsecs"
  | "startretries"
  | "exitcodes"
  | "stopsignal"
  | "stopwaitsecs"
  | "stopasgroup"
  | "killasgroup"
  | "user"
  | "umask";

/** Reads the keys that are the same for all processes of a program. */
export function readProgramSettings(
  reader: SectionReader,
  names: Variables,
  { isKnownUser }: { isKnownUser: (user: string) => boolean },
): Pick<ProgramSpec, SettingKeys> {
  const get = <T, F>(key: string, convert: (text: string) => T, fallback: F) =>
    reader.get(key, names, convert, fallback);
  const stopasgroup = get("stopasgroup", boolean, defaults.stopasgroup);
  const killasgroup = get("killasgroup", boolean, stopasgroup);
  if (stopasgroup && !killasgroup) reader.complain("killasgroup", "true because stopasgroup is true");
  const user = get("user", (text) => userName(text, isKnownUser), undefined);
  const umask = get("umask", octal, undefined);
  return {
    priority: get("priority", integer, defaults.priority),
    autostart: get("autostart", boolean, defaults.autostart),
    autorestart: get("autorestart", autorestart, defaults.autorestart),
    startsecs: get("startsecs", amount, defaults.startsecs),
    startretries: get("startretries", amount, defaults.startretries),
    exitcodes: get("exitcodes", exitCodes, [...defaults.exitcodes]),
    stopsignal: get("stopsignal", signalName, defaults.stopsignal),
    stopwaitsecs: get("stopwaitsecs", amount, defaults.stopwaitsecs),
    stopasgroup,
    killasgroup,
    ...(user === undefined ? {} : { user }),
    ...(umask === undefined ? {} : { umask }),
  };
}

function userName(text: string, isKnownUser: (user: string) => boolean): string {
  if (isKnownUser(text)) return text;
  const hint = text.includes("$USER_NAME") ? " (USER_NAME is not set)" : "";
  throw new Expected(`a user or user id of /etc/passwd${hint}`);
}
