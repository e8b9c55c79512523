import manifest from "../../package.json" with { type: "json" };
import type { WebControl } from "../control/context.ts";
import type { IdleControl } from "../control/idle.ts";
import type { BootProgress } from "../control/replies.ts";
import type { Environment } from "../env/environment.ts";
import { AiDockError } from "../errors.ts";
import { areQuickTunnelsOff } from "../features/switched-off.ts";
import { watchTunnels } from "../features/tunnels/watch.ts";
import { WebWatch } from "../features/web/watch.ts";
import { LOG_DIRECTORY } from "../programs/spec.ts";
import { programStatus } from "../supervisor/status.ts";
import type { Supervisor } from "../supervisor/supervisor.ts";
import { run } from "../sys/run.ts";

/** A check that hangs, as of a dead mount, must not keep every later caller waiting. */
const LONGEST_DOCTOR_MILLISECONDS = 60_000;

/** The front of the web services, and what the boot and commands have to do with it. */
export interface Web {
  front: WebWatch;
  control: WebControl;
  /** The step of the boot that runs; null after the boot. */
  boot: () => BootProgress | null;
  /** A step of the boot begins; undefined at the end of the boot. */
  onStep: (step: string | undefined) => void;
  /** Opens quick tunnels, where CF_QUICK_TUNNELS asks for them, until the signal; does nothing where they are open. */
  openTunnels: (signal: AbortSignal) => void;
}

export function createWeb(supervisor: Supervisor, environment: Environment, idle: IdleControl): Web {
  let boot: BootProgress | null = null;
  let areTunnelsOpen = false;
  const { env, sources } = environment;
  const front = new WebWatch({
    supervisor,
    version: manifest.version,
    logDirectory: LOG_DIRECTORY,
    boot: () => boot,
    idle,
    environment: () => ({ env, sources }),
    doctor: oneAtATime(async () => await runDoctor(env)),
    async namedTunnel() {
      const { namedLinks } = await import("../features/tunnels/rows.ts");
      return await namedLinks(supervisor.programs.map((one) => programStatus(one)));
    },
  });
  return {
    front,
    control: {
      describe: () => describe(front, supervisor),
      choose: async (user, password) => (await front.load()).choose(user, password),
    },
    boot: () => boot,
    onStep(step) {
      boot = step === undefined ? null : { step, since: Date.now() };
      front.changed();
    },
    openTunnels(signal) {
      if (areTunnelsOpen || signal.aborted || areQuickTunnelsOff(environment.settings)) return;
      areTunnelsOpen = environment.settings.CF_QUICK_TUNNELS !== false;
      const services = () => front.tunnelServices();
      const end = watchTunnels({ supervisor, env, services, onChange: () => front.changed() });
      signal.addEventListener("abort", end);
    },
  };
}

async function describe(watch: WebWatch, supervisor: Supervisor): ReturnType<WebControl["describe"]> {
  const front = await watch.load();
  const caddy = supervisor.programs.find(({ id }) => id === "caddy");
  const { login, user, password, tokens } = front.credentials();
  const [token = ""] = tokens;
  return {
    running: front.isUp,
    reason: caddy === undefined ? "the container is still booting" : caddy.reason,
    services: front.services(),
    login,
    user,
    password,
    token,
    code: front.makeCode(),
  };
}

async function runDoctor(env: Record<string, string>): Promise<unknown> {
  const signal = AbortSignal.timeout(LONGEST_DOCTOR_MILLISECONDS);
  const { stdout } = await run([process.execPath, "doctor", "--json"], { env, signal });
  try {
    return JSON.parse(stdout) as unknown;
  } catch (error) {
    throw new AiDockError("ai-dock doctor has failed", { cause: error });
  }
}

/** Callers that come meanwhile get the answer that is on its way. */
function oneAtATime<Result>(act: () => Promise<Result>): () => Promise<Result> {
  let under: Promise<Result> | undefined;
  return async () => {
    under ??= act().finally(() => {
      under = undefined;
    });
    return await under;
  };
}
