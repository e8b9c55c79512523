import { logFile, MEGABYTE, type Observed, programDefaults, type ProgramSpec } from "../../programs/spec.ts";
import { writeFileAtomic } from "../../sys/fs.ts";
import { findProgram } from "../../sys/which.ts";
import { makeWebDirectory, stateDirectory } from "./directories.ts";
import { adminSocket, caddyDirectory, caddyFile, caddyState } from "./paths.ts";
import { asWebUser, caddyUser, whyNoUsers } from "./users.ts";

/** What helps where Caddy is missing. */
export const HOW_TO_INSTALL = "use an image with it, or put it at /usr/local/bin/caddy";
export const NOT_INSTALLED = `caddy is not installed; ${HOW_TO_INSTALL}`;

/** Later than sshd, which must come up whatever happens here; stopped early, as it leads to the services. */
const PRIORITY = 410;
const STOP_PRIORITY = 950;

const FIRST_LOOK_MILLISECONDS = 10;
const LONGEST_LOOK_MILLISECONDS = 500;

/** Go gives memory back to stay below this, and lets garbage grow less than by default. */
const MEMORY = { GOMEMLIMIT: "40MiB", GOGC: "50" };

/** The path of Caddy, or undefined. */
export function findCaddy({ PATH }: Record<string, string>): string | undefined {
  return findProgram("caddy", PATH);
}

/** Calls back with Caddy's process once it answers; tells by that how it fares. */
export type OnCaddy = (observed: Observed) => void;

/** Caddy, with nothing but its admin API at first. `onUp` gives it the rest. */
export function caddyProgram(env: Record<string, string>, onUp: OnCaddy, skipped?: string): ProgramSpec {
  const state = caddyState();
  return {
    ...programDefaults,
    name: "caddy",
    group: "caddy",
    aliases: [],
    command: [...asWebUser(caddyUser(), true), findCaddy(env) ?? "caddy", "run", `--config=${caddyFile()}`],
    onlyEnvironment: true,
    environment: {
      ...caddyEnvironment(env),
      ...MEMORY,
      HOME: state,
      XDG_DATA_HOME: state,
      XDG_CONFIG_HOME: state,
    },
    exitcodes: [],
    dependsOn: [],
    autorestart: true,
    startsecs: 0,
    startretries: 10,
    priority: PRIORITY,
    stopPriority: STOP_PRIORITY,
    stopwaitsecs: 5,
    stdout: { ...logFile("caddy"), maxBytes: 10 * MEGABYTE, backups: 1 },
    stderr: "stdout",
    containerLimit: { burstBytes: MEGABYTE, bytesPerSecond: 16 * 1024 },
    ready: { kind: "observed" },
    observe(observed) {
      void whenUp(observed).then(() => observed.over.aborted || onUp(observed));
      return {};
    },
    prepare: async () => {
      if (findCaddy(env) === undefined) return NOT_INSTALLED;
      const refusal = whyNoUsers();
      if (refusal !== undefined) return refusal;
      makeWebDirectory(caddyDirectory(), 0o700, caddyUser());
      stateDirectory(state, caddyUser());
      // Most containers guard nothing: what Caddy needs to know is loaded when there is a Caddy.
      const { bareConfig } = await import("./caddy-config.ts");
      writeFileAtomic(caddyFile(), JSON.stringify(bareConfig(adminSocket())), 0o644);
      return undefined;
    },
    ...(skipped === undefined ? {} : { skipped }),
    origin: { kind: "builtin" },
  };
}

/** Resolves when Caddy's admin API answers, or its process has ended. */
async function whenUp({ over }: Observed): Promise<void> {
  const { caddyAdmin } = await import("./admin.ts");
  const admin = caddyAdmin(adminSocket());
  for (
    let wait = FIRST_LOOK_MILLISECONDS;
    !over.aborted;
    wait = Math.min(wait * 1.5, LONGEST_LOOK_MILLISECONDS)
  ) {
    if (await admin.isUp()) return;
    await Bun.sleep(wait);
  }
}

/** The variables that reach Caddy, no others: where to find certificates, and by which way to get them. */
const wanted = /^(PATH|TZ|SSL_CERT_(FILE|DIR)|(https?|all|no)_proxy)$/i;

function caddyEnvironment(env: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(env).filter(([name]) => wanted.test(name)));
}
