import { programDefaults, type ProgramSpec } from "../../src/programs/spec.ts";

/** How a second instance ends while the first one is there. */
export const TWICE = 77;

/**
 * Becomes a program that holds a lock until it is gone, and that nobody else can hold: as descriptor 3, which its
 * children give back (3>&-), so that it is about instances alone.
 */
const NEVER_FORKED = `exec flock --no-fork --nonblock --conflict-exit-code ${TWICE} "$FOLDER/$0.lock" /bin/sh -c "$1"`;
/**
 * The same. A child that was forked just before its parent was killed has not given the lock back yet, and on a busy machine
 * takes its time for that: what counts is whether the instance that took the lock is there.
 */
const FORKED = `exec 3>"$FOLDER/$0.lock"
until flock --wait 0.2 3; do ! kill -0 "$(cat "$FOLDER/$0.pid")" || exit ${TWICE}; done
echo $$ >"$FOLDER/$0.pid"
exec /bin/sh -c "$1"`;

/** What programs do, by name. Children give the lock back (3>&-), so that it is about instances alone. */
const SCRIPTS: Record<string, { script: string; spec?: Partial<ProgramSpec> }> = {
  stays: { script: "exec sleep 1000" },
  proves: { script: "exec sleep 1000", spec: { startsecs: 0.05 } },
  crashes: { script: "exit 1", spec: { autorestart: true } },
  crashesLater: { script: "sleep 0.03 3>&-; kill -9 $$", spec: { startsecs: 0.01 } },
  fails: { script: "exit 1", spec: { startsecs: 10, startretries: 1 } },
  finishes: { script: "exit 0" },
  works: { script: "sleep 0.05 3>&-; exit 0", spec: { startsecs: 0.02, autorestart: true } },
  isSlow: { script: "trap 'sleep 0.05 3>&-; exit 0' TERM; while :; do sleep 0.02 3>&-; done" },
  isDeaf: { script: "trap '' TERM; while :; do sleep 0.02 3>&-; done", spec: { stopwaitsecs: 0.1 } },
  hasChildren: {
    script: "sleep 1000 3>&- & setsid sleep 1000 3>&- & wait",
    spec: { stopasgroup: true, killasgroup: true },
  },
  forks: { script: "(setsid sh -c 'sleep 1000 & exit' 3>&- &); exec sleep 1000" },
  isMissing: { script: "", spec: { command: ["/no/such/command"], startretries: 1 } },
  hangs: {
    script: "exec sleep 1000",
    spec: {
      alive: { probe: { kind: "exec", command: ["/bin/false"] }, interval: 0.03, timeout: 1, failures: 2 },
    },
  },
  hangsAndIsDeaf: {
    script: "trap '' TERM; while :; do sleep 0.02 3>&-; done",
    spec: {
      stopwaitsecs: 0.1,
      alive: { probe: { kind: "log", pattern: /x/ }, interval: 0.05, timeout: 1, failures: 1 },
    },
  },
  waits: { script: "exec sleep 1000", spec: { dependsOn: ["proves"] } },
  prepares: { script: "exec sleep 1000", spec: { prepare: () => Bun.sleep(60).then(() => undefined) } },
};

/** Short-lived and long-lived programs whose every instance can be told from outside. */
export function randomSpecs(): ProgramSpec[] {
  return Object.entries(SCRIPTS).map(([name, { script, spec }]) => ({
    ...programDefaults,
    aliases: [],
    environment: {},
    exitcodes: [0],
    dependsOn: [],
    startsecs: 0,
    name,
    group: name,
    command: ["/bin/sh", "-c", script.includes("3>&-") ? FORKED : NEVER_FORKED, name, script],
    stdout: { kind: "none" },
    stderr: { kind: "none" },
    origin: { kind: "builtin" },
    ...spec,
  }));
}

/** Numbers below a limit, the same ones for the same seed. */
export function generator(seed: number): (limit: number) => number {
  let state = seed >>> 0;
  return (limit) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  };
}
