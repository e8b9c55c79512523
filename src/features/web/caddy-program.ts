import { availableParallelism } from "node:os";
import type { Observed, ProgramSpec } from "../../programs/spec.ts";
import { writeFileAtomic } from "../../sys/fs.ts";
import { findProgram } from "../../sys/which.ts";
import type { CaddySockets } from "./caddy-sockets.ts";
import { makeWebDirectory, stateDirectory } from "./directories.ts";
import { adminSocket, caddyDirectory, caddyFile, caddyState } from "./paths.ts";
import { asWebUser, caddyUser, whyNoUsers } from "./users.ts";
import { untilUp, webProgram } from "./web-program.ts";

/** What helps where Caddy is missing. */
export const HOW_TO_INSTALL = "use an image with it, or put it at /usr/local/bin/caddy";
export const NOT_INSTALLED = `caddy is not installed; ${HOW_TO_INSTALL}`;

/** Later than sshd, which must come up whatever happens here; stopped early, as it leads to the services. */
const PRIORITY = 410;
const STOP_PRIORITY = 950;

/** In milliseconds. */
const LOOKS = { first: 10, longest: 500 };

/**
 * Go gives memory back to stay below the limit, and lets garbage grow less than by default: each request makes 35 kB of it,
 * and with half of this value Caddy takes a sixth more processor time, for 1 MB. Go keeps memory for each processor that it
 * uses: with 64 of them, 12 MB more. No web UI needs more than some.
 */
const memory = () => ({
  GOMEMLIMIT: "40MiB",
  GOGC: "60",
  GOMAXPROCS: `${Math.min(MOST_PROCESSORS, availableParallelism())}`,
});
const MOST_PROCESSORS = 4;

/** The path of Caddy, or undefined. */
export function findCaddy({ PATH }: Record<string, string>): string | undefined {
  return findProgram("caddy", PATH);
}

/** Calls back with Caddy's process once it answers; tells by that how it fares. */
export type OnCaddy = (observed: Observed, sockets: CaddySockets | undefined) => void;

/** Caddy, with nothing but its admin API at first. `onUp` gives it the rest. */
export function caddyProgram(env: Record<string, string>, onUp: OnCaddy, skipped?: string): ProgramSpec {
  const state = caddyState();
  /** Of the process that starts next, or has started last. */
  let start: { sockets?: CaddySockets | undefined } = {};
  let makeSockets = (): CaddySockets | undefined => undefined;
  return webProgram("caddy", skipped, {
    command: [...asWebUser(caddyUser(), true), findCaddy(env) ?? "caddy", "run", `--config=${caddyFile()}`],
    environment: {
      ...caddyEnvironment(env),
      ...memory(),
      HOME: state,
      XDG_DATA_HOME: state,
      XDG_CONFIG_HOME: state,
    },
    priority: PRIORITY,
    stopPriority: STOP_PRIORITY,
    inherit: () => {
      start.sockets = makeSockets();
      return start.sockets?.descriptors ?? [];
    },
    observe(observed) {
      const own: typeof start = {};
      start = own;
      observed.over.addEventListener("abort", () => own.sockets?.close());
      void whenUp(observed.over).then(() => observed.over.aborted || onUp(observed, own.sockets));
      return {};
    },
    prepare: async () => {
      if (findCaddy(env) === undefined) return NOT_INSTALLED;
      const refusal = whyNoUsers();
      if (refusal !== undefined) return refusal;
      makeWebDirectory(caddyDirectory(), 0o700, caddyUser());
      stateDirectory(state, caddyUser());
      // Most containers guard nothing: what Caddy needs to know is loaded when there is a Caddy.
      const [{ bareConfig }, sockets] = await Promise.all([
        import("./caddy-config.ts"),
        import("./caddy-sockets.ts"),
      ]);
      makeSockets = sockets.makeCaddySockets;
      writeFileAtomic(caddyFile(), JSON.stringify(bareConfig(adminSocket())), 0o644);
      return undefined;
    },
  });
}

async function whenUp(over: AbortSignal): Promise<void> {
  const { caddyAdmin } = await import("./admin.ts");
  const admin = caddyAdmin(adminSocket());
  await untilUp(over, admin.isUp, LOOKS);
}

/** The variables that reach Caddy, no others: where to find certificates, and by which way to get them. */
const wanted = /^(PATH|TZ|SSL_CERT_(FILE|DIR)|(https?|all|no)_proxy)$/i;

function caddyEnvironment(env: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(env).filter(([name]) => wanted.test(name)));
}
