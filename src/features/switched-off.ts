import { basename } from "node:path";
import type { Settings } from "../env/schema.ts";
import { nameIndex } from "../programs/names.ts";
import type { Diagnostic } from "../programs/problem.ts";
import type { ProgramSpec } from "../programs/spec.ts";
import { QUICK_TUNNELS_GROUP } from "./tunnels/quick-program.ts";

/** What platforms for functions have of their own, or cannot reach; the names of ai-dock images. */
const NOT_SERVERLESS = [
  "caddy",
  "cloudflared",
  "jupyter",
  QUICK_TUNNELS_GROUP,
  "serviceportal",
  "sshd",
  "syncthing",
];

/** Programs of ai-dock images that templates of clouds may name, and which are no programs here. */
const ELSEWHERE = new Set([QUICK_TUNNELS_GROUP, "logtail", "storagemonitor", "syncthing"]);

type SwitchSettings = Pick<Settings, "AI_DOCK_DISABLE" | "SUPERVISOR_NO_AUTOSTART" | "SERVERLESS">;

/**
 * The programs that no boot starts, each with the reason; a start by request is still possible. AI_DOCK_DISABLE and its
 * old name SUPERVISOR_NO_AUTOSTART name programs, or their files, as ai-dock images do. With SERVERLESS=true it is a list
 * of these images, unless SUPERVISOR_NO_AUTOSTART says another one.
 */
export function switchedOff(
  specs: ProgramSpec[],
  settings: SwitchSettings,
  report: (diagnostic: Diagnostic) => void,
): [ProgramSpec, string][] {
  const named = nameIndex(specs);
  return namesOf(settings).flatMap(([variable, name]) => {
    const byName = named(name.replace(/\.conf$/, ""));
    // A file may be called as one of its programs, which AI_DOCK_DISABLE has always meant alone.
    const isOne = variable === "AI_DOCK_DISABLE" && byName.length > 0 && !name.endsWith(".conf");
    const found = new Set([...byName, ...(isOne ? [] : inFile(specs, name))]);
    if (found.size === 0 && variable !== "SERVERLESS" && !ELSEWHERE.has(name)) {
      const about = { severity: "warning", key: variable, value: name } as const;
      report({ ...about, expected: "names of programs", text: "ignoring it" });
    }
    return [...found].map((spec): [ProgramSpec, string] => [spec, `switched off by ${variable}`]);
  });
}

/** True where no quick tunnel is to open, whatever CF_QUICK_TUNNELS says. */
export function areQuickTunnelsOff(settings: SwitchSettings): boolean {
  return namesOf(settings).some(([, name]) => name === QUICK_TUNNELS_GROUP);
}

function namesOf(settings: SwitchSettings): [variable: keyof SwitchSettings, name: string][] {
  const { AI_DOCK_DISABLE, SUPERVISOR_NO_AUTOSTART, SERVERLESS } = settings;
  const serverless = SERVERLESS && SUPERVISOR_NO_AUTOSTART.length === 0 ? NOT_SERVERLESS : [];
  const from = (variable: keyof SwitchSettings, names: string[]) =>
    names.map((name): [keyof SwitchSettings, string] => [variable, name]);
  return [
    ...from("AI_DOCK_DISABLE", AI_DOCK_DISABLE),
    ...from("SUPERVISOR_NO_AUTOSTART", SUPERVISOR_NO_AUTOSTART),
    ...from("SERVERLESS", serverless),
  ];
}

/** The programs of a file, by its name in any case and with or without its ending. */
function inFile(specs: ProgramSpec[], name: string): ProgramSpec[] {
  const wanted = `${name.toLowerCase().replace(/\.conf$/, "")}.conf`;
  return specs.filter(
    ({ origin }) => origin.kind === "file" && basename(origin.file).toLowerCase() === wanted,
  );
}
