import { logFile, MEGABYTE, type Observed, programDefaults, type ProgramSpec } from "../../programs/spec.ts";

/** What Caddy and the portal have in common: kept up for good, with an environment and a log of their own. */
export function webProgram(
  name: string,
  skipped: string | undefined,
  more: Pick<ProgramSpec, "command" | "environment" | "priority" | "observe" | "prepare"> &
    Partial<ProgramSpec>,
): ProgramSpec {
  return {
    ...programDefaults,
    name,
    group: name,
    aliases: [],
    onlyEnvironment: true,
    exitcodes: [],
    dependsOn: [],
    autorestart: true,
    startsecs: 0,
    startretries: 10,
    stopwaitsecs: 5,
    stdout: { ...logFile(name), maxBytes: 10 * MEGABYTE, backups: 1 },
    stderr: "stdout",
    containerLimit: { burstBytes: MEGABYTE, bytesPerSecond: 16 * 1024 },
    ready: { kind: "observed" },
    ...(skipped === undefined ? {} : { skipped }),
    origin: { kind: "builtin" },
    ...more,
  };
}

const LATER = 1.5;

/** Resolves when the process of `over` answers, asked ever more seldom, or has ended. */
export async function untilUp(
  over: Observed["over"],
  isUp: () => Promise<boolean>,
  { first, longest }: { first: number; longest: number },
): Promise<void> {
  for (let wait = first; !over.aborted && !(await isUp()); wait = Math.min(wait * LATER, longest))
    await Bun.sleep(wait);
}
