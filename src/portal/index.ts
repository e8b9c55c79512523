import { join } from "node:path";
import { AiDockError, ExitCode } from "../errors.ts";
import { addLogTarget, logger } from "../log.ts";
import { GpuReader } from "../sys/gpus/reader.ts";
import { isRoot } from "../sys/users.ts";
import { Activity } from "./activity.ts";
import { Attempts } from "./auth/attempts.ts";
import { Sessions } from "./auth/sessions.ts";
import type { PortalContext } from "./context.ts";
import { type Assets, loadAssets } from "./http/assets.ts";
import { LiveKnowledge } from "./knowledge.ts";
import { linkTo } from "./link.ts";
import { Metrics } from "./metrics.ts";
import { Machine } from "./machine/machine.ts";
import { serve } from "./server.ts";

/** Where the files of the pages lie when the sources run themselves. */
const BUILT_PAGE = join(import.meta.dir, "../../dist/page");

export interface PortalOptions {
  /** The unix socket to serve. */
  listen: string;
  /** PID 1's socket for the portal. */
  control: string;
  /** A directory of its own for what outlives the process. */
  state?: string;
  assets: Assets;
  /** Ends it. */
  signal: AbortSignal;
}

const log = logger("portal");

/** Runs the portal until aborted. */
export async function runPortal({ listen, control, state, assets, signal }: PortalOptions): Promise<void> {
  const link = linkTo(control);
  const knowledge = new LiveKnowledge();
  const gpus = new GpuReader();
  const context: PortalContext = {
    link,
    knowledge,
    guards: { sessions: new Sessions(state), attempts: new Attempts() },
    assets,
    activity: new Activity(),
    metrics: new Metrics(link, gpus),
    machine: new Machine({
      // Who collects metrics may be waiting for the same answer.
      gpus: { read: () => gpus.read(), close: () => gpus.closeSoon() },
      paths: async () => ["/", (await link.variable("WORKSPACE")) ?? "/"],
    }),
  };
  const server = serve(context, listen);
  log.info("serving");
  try {
    await knowledge.follow(link, signal);
  } finally {
    await server.stop(true);
    gpus.close();
  }
}

/**
 * The process `ai-dock portal`: logs to standard output, and ends at SIGTERM or SIGINT. Throws AiDockError as root: what the
 * internet talks to must not be root.
 */
export async function portalProcess(options: Omit<PortalOptions, "assets" | "signal">): Promise<number> {
  if (isRoot())
    throw new AiDockError("The portal does not run as root", { hint: "supervisorctl start portal" });
  addLogTarget((line) => void process.stdout.write(`${line}\n`));
  const over = new AbortController();
  for (const name of ["SIGTERM", "SIGINT"] as const) process.on(name, () => over.abort());
  await runPortal({ ...options, assets: await loadAssets(BUILT_PAGE), signal: over.signal });
  return ExitCode.ok;
}
