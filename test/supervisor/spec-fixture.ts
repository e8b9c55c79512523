import { programDefaults, type ProgramSpec } from "../../src/programs/spec.ts";
import type { ProgramContext } from "../../src/supervisor/program.ts";
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

/** What a program of none is part of. */
export function bareContext(onChange: () => void = () => undefined): ProgramContext {
  return {
    env: {},
    serverUrl: "",
    container: null,
    stdout: null,
    stderr: null,
    onChange,
    onStartable: () => undefined,
  };
}
