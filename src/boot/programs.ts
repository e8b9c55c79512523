import type { Settings } from "../env/schema.ts";
import { logger } from "../log.ts";
import { sshdProgram } from "../programs/builtin/sshd.ts";
import { findCycles } from "../programs/conf/cycles.ts";
import { loadPrograms } from "../programs/conf/load.ts";
import { type ProgramSpec, programId } from "../programs/spec.ts";
import { findByName } from "../supervisor/names.ts";

const log = logger("programs");

/** The programs of this container: built-ins first, so that a drop-in of the same name replaces one. */
export function collectPrograms(settings: Settings, env: Record<string, string>): ProgramSpec[] {
  const { programs, problems } = loadPrograms({ env });
  for (const problem of problems) log[problem.severity === "error" ? "error" : "warn"](problem.message);
  const replaced = new Set(programs.flatMap((spec) => [programId(spec), spec.group]));
  const builtins = [sshdProgram(settings.SSH_PORT, env)].filter((spec) => !replaced.has(programId(spec)));
  const all = [...builtins, ...programs];
  return skip(all, new Map([...cyclic(all), ...disabled(all, settings)]));
}

function skip(specs: ProgramSpec[], reasons: Map<ProgramSpec, string>): ProgramSpec[] {
  return specs.map((spec) => {
    const skipped = reasons.get(spec);
    return skipped === undefined ? spec : { ...spec, skipped };
  });
}

function disabled(specs: ProgramSpec[], settings: Settings): [ProgramSpec, string][] {
  return (["AI_DOCK_DISABLE", "SUPERVISOR_NO_AUTOSTART"] as const).flatMap((variable) =>
    settings[variable].flatMap((name) => {
      try {
        return findByName(specs, name.replace(/\.conf$/, "")).map((spec): [ProgramSpec, string] => [
          spec,
          `switched off by ${variable}`,
        ]);
      } catch {
        log.warn(`${variable}: expected names of programs, got "${name}"; ignoring it`);
        return [];
      }
    }),
  );
}

function cyclic(specs: ProgramSpec[]): [ProgramSpec, string][] {
  return findCycles(specs).flatMap((cycle) => {
    const names = cycle.map((spec) => programId(spec)).join(" → ");
    log.error(`depends_on: expected an order, got a cycle ${names}; none of them is started`);
    return cycle.map((spec): [ProgramSpec, string] => [spec, `depends on itself: ${names}`]);
  });
}
