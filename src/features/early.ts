import { nameIndex, programId } from "../programs/names.ts";
import type { Diagnostic } from "../programs/problem.ts";
import type { ProgramSpec } from "../programs/spec.ts";
import { itemsNeeded } from "./provisioned.ts";
import { QUICK_TUNNELS_GROUP } from "./tunnels/quick-program.ts";

const NONE = "none";

/** The page that shows what happens, and what stands in front of it; a drop-in in their place is a program as any other. */
const DEFAULT = ["portal", "caddy"];

export interface EarlyPrograms {
  early: ProgramSpec[];
  /** Those that would start early, but depend on others that do not. */
  waiting: { spec: ProgramSpec; for: ProgramSpec[] }[];
}

/**
 * The programs that start before the scripts of the boot: those of AI_DOCK_EARLY, and drop-ins that say so. The portal
 * brings Caddy, without which nobody reaches it. A program that depends on one that comes later waits for that one.
 */
export function earlyPrograms(specs: ProgramSpec[], setting: string[] | undefined): EarlyPrograms {
  const named = nameIndex(specs);
  const chosen = new Set(specs.filter(({ early }) => early));
  if (setting === undefined)
    for (const spec of DEFAULT.flatMap(named)) if (spec.origin.kind === "builtin") chosen.add(spec);
  for (const name of setting ?? []) {
    const found = named(name === NONE ? "" : name);
    const isPortal = found.some((spec) => spec.name === "portal" && spec.origin.kind === "builtin");
    for (const spec of [...found, ...(isPortal ? named("caddy") : [])]) chosen.add(spec);
  }
  // Those of a manifest's items start when these are done.
  for (const spec of chosen) if (itemsNeeded(spec).length > 0) chosen.delete(spec);
  const waiting: EarlyPrograms["waiting"] = [];
  // A program that turns out to wait may be what another one depends on.
  for (let before = -1; before !== chosen.size;) {
    before = chosen.size;
    for (const spec of chosen) {
      const needed = spec.dependsOn.flatMap(named).filter((other) => other !== spec && !chosen.has(other));
      if (needed.length === 0) continue;
      chosen.delete(spec);
      waiting.push({ spec, for: needed });
    }
  }
  return { early: specs.filter((spec) => chosen.has(spec)), waiting };
}

/** True where quick tunnels are to open before the scripts of the boot. */
export function areTunnelsEarly(setting: string[] | undefined): boolean {
  return setting?.includes(QUICK_TUNNELS_GROUP) === true || setting?.includes("all") === true;
}

/** Warns about names in AI_DOCK_EARLY that mean no program. */
export function reportUnknownEarly(
  specs: ProgramSpec[],
  setting: string[] | undefined,
  report: (diagnostic: Diagnostic) => void,
): void {
  const named = nameIndex(specs);
  for (const name of setting ?? []) {
    if (name === NONE || name === QUICK_TUNNELS_GROUP || named(name).length > 0) continue;
    const about = { severity: "warning", key: "AI_DOCK_EARLY", value: name } as const;
    report({ ...about, expected: "names of programs", text: "ignoring it" });
  }
}

/** One line on a program that is early by name only. */
export function describeWait({ spec, for: others }: EarlyPrograms["waiting"][number]): string {
  const ids = others.map((other) => programId(other)).join(", ");
  return `${programId(spec)}: expected to start early, but depends on ${ids}; it starts with the others, after provisioning`;
}
