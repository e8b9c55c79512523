import { nameIndex, programId } from "../programs/names.ts";
import type { Diagnostic } from "../programs/problem.ts";
import type { ProgramSpec } from "../programs/spec.ts";

/** Outputs that belong to no program: `preflight`, hooks by their file names, the command of AI_DOCK_IDLE_ACTION, and these. */
const isScript = (name: string) =>
  ["provisioning", "prestop", "idle"].includes(name) || name.startsWith("preflight");

/** Whether AI_DOCK_LOG_CONTAINER wants the output of a script of the boot in the container's output. */
export function copiesScript(setting: string[], name: string): boolean {
  return setting.includes("all") || setting.includes(name);
}

/** Applies AI_DOCK_LOG_CONTAINER: with `all` each drop-in decides by `container_log`, names decide over drop-ins. */
export function applyCopies(
  specs: ProgramSpec[],
  setting: string[],
  report: (diagnostic: Diagnostic) => void,
): ProgramSpec[] {
  if (setting.includes("all")) return specs;
  const named = nameIndex(specs);
  const wanted = new Set<string>();
  for (const name of setting.filter((other) => other !== "none")) {
    const found = named(name);
    for (const spec of found) wanted.add(programId(spec));
    if (found.length > 0 || isScript(name)) continue;
    const about = { severity: "warning", key: "AI_DOCK_LOG_CONTAINER", value: name } as const;
    report({ ...about, expected: "all, none, or names of programs", text: "ignoring it" });
  }
  return specs.map((spec) => ({ ...spec, containerCopy: wanted.has(programId(spec)) }));
}
