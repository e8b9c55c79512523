import manifest from "../../package.json" with { type: "json" };
import type { WebControl } from "../control/context.ts";
import type { PortalState } from "../control/portal/protocol.ts";
import type { Environment } from "../env/environment.ts";
import { AiDockError } from "../errors.ts";
import { collectPrograms } from "../features/programs.ts";
import { isOfWeb } from "../features/web/begin.ts";
import { WebWatch } from "../features/web/watch.ts";
import { programId } from "../programs/names.ts";
import { LOG_DIRECTORY, type ProgramSpec } from "../programs/spec.ts";
import { sameProgram } from "../supervisor/configuration.ts";
import { programStatus } from "../supervisor/status.ts";
import type { Supervisor } from "../supervisor/supervisor.ts";
import { run } from "../sys/run.ts";

/** A check that hangs, as of a dead mount, must not keep every later caller waiting. */
const LONGEST_DOCTOR_MILLISECONDS = 60_000;

/** The front of the web services, and what the boot and commands have to do with it. */
export interface Web {
  front: WebWatch;
  control: WebControl;
  /** A step of the boot begins; undefined at the end of the boot. */
  onStep: (step: string | undefined) => void;
  /** Starts the front before the other programs: a step may take long, and has to be seen. */
  startEarly: (signal: AbortSignal) => Promise<void>;
}

export function createWeb(supervisor: Supervisor, environment: Environment): Web {
  let boot: PortalState["boot"] = null;
  const { env, sources } = environment;
  const front = new WebWatch({
    supervisor,
    version: manifest.version,
    logDirectory: LOG_DIRECTORY,
    boot: () => boot,
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
    onStep(step) {
      boot = step === undefined ? null : { step, since: Date.now() };
      front.changed();
    },
    async startEarly(signal) {
      const { programs } = await collectPrograms({ env, signal, front });
      if (signal.aborted) return;
      for (const spec of programs.filter(isOfWeb)) supervisor.add(spec);
      front.expect(programs.filter(({ origin }) => origin.kind === "file"));
      await supervisor.autostart();
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

/** Adds programs. One that was started early goes on, unless a script has changed its definition. */
export async function addOrKeep(supervisor: Supervisor, specs: readonly ProgramSpec[]): Promise<void> {
  for (const spec of specs) {
    const early = supervisor.get(programId(spec));
    if (early !== undefined && sameProgram(early.spec, spec)) continue;
    if (early !== undefined) await supervisor.takeDown([early]);
    supervisor.add(spec);
  }
}
