import { programDefaults, type ProgramSpec } from "../../src/programs/spec.ts";
import type { SupervisorContext } from "../../src/supervisor/context.ts";
import { OutOfMemory } from "../../src/supervisor/exit-reason.ts";
import { Program, type ProgramOwner } from "../../src/supervisor/program.ts";
import { HANG_SECONDS } from "../../src/supervisor/stop.ts";
import type { SupervisorOptions } from "../../src/supervisor/supervisor.ts";

/** A program that sleeps, counts as RUNNING at once and writes no log, but for what `more` says. */
export function specOf(name: string, more: Partial<ProgramSpec> = {}): ProgramSpec {
  return {
    ...programDefaults,
    aliases: [],
    environment: {},
    exitcodes: [0],
    dependsOn: [],
    name,
    group: name,
    command: ["/bin/sleep", "1000"],
    startsecs: 0,
    stdout: { kind: "none" },
    stderr: "stdout",
    origin: { kind: "builtin" },
    ...more,
  };
}

/** A supervisor without logs. */
export const bareSupervisor: SupervisorOptions = {
  env: { PATH: "/usr/bin:/bin" },
  serverUrl: "",
  container: null,
  logs: { open: () => null, release() {} },
};

export type ProgramOptions = Partial<ProgramOwner & SupervisorContext>;

/** A program of no supervisor. */
export function loneProgram(
  spec: ProgramSpec,
  { onChange = () => undefined, onStartable = () => undefined, ...context }: ProgramOptions = {},
): Program {
  return new Program(
    spec,
    { ...bareSupervisor, memory: new OutOfMemory(), hangSeconds: HANG_SECONDS, ...context },
    { onChange, onStartable },
  );
}
