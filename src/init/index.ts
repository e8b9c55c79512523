import { describeEnvironment } from "../env/describe.ts";
import { createRedactor } from "../env/redact.ts";
import { loadEnvironment, type LoadedEnvironment } from "../env/load.ts";
import { RemoteMount } from "../features/remotes/mount.ts";
import { ExitCode, messageOf } from "../errors.ts";
import { logger, setLogDebug, setLogRedactor } from "../log.ts";
import { unblockSignals } from "../sys/libc.ts";
import { controlSocket, makeRuntimeDirectory } from "../sys/runtime-directory.ts";
import { startReaper } from "../supervisor/reaper.ts";
import { Configuration, logProblems } from "../supervisor/configuration.ts";
import { shutdown } from "../supervisor/shutdown.ts";
import { Supervisor } from "../supervisor/supervisor.ts";
import { raiseOpenFiles } from "../sys/open-files.ts";
import type { BootContext, Step } from "../features/step.ts";
import { obeySignals, openControl } from "./control.ts";
import { type BootLogs, openLogs } from "./logs.ts";
import { onTerminal, runMainCommand } from "./main-command.ts";
import { collectPrograms } from "../features/programs.ts";
import { isInitRunning, stayBeside } from "./second-init.ts";
import { reportReady } from "./report-ready.ts";
import { runLogged } from "./run-logged.ts";
import { Signals } from "./signals.ts";
import { runSteps } from "./run-steps.ts";
import { gpusStep } from "../features/gpus/step.ts";
import { hooksStep } from "../features/hooks/step.ts";
import { keysStep } from "../features/ssh/step.ts";
import { providerStep } from "../features/provider/step.ts";
import { provisioningStep } from "../features/provisioning/step.ts";
import { remotesStep } from "../features/remotes/step.ts";
import { shellEnvStep } from "../features/shell/step.ts";
import { workspaceStep } from "../features/workspace/step.ts";
import { tunnelsStep } from "../features/tunnels/step.ts";
import { watchTunnels } from "../features/tunnels/watch.ts";

/** The boot, in order. No program starts before the last one has ended. */
const steps: Step[] = [
  keysStep,
  gpusStep,
  workspaceStep,
  remotesStep,
  providerStep,
  tunnelsStep,
  hooksStep,
  shellEnvStep,
  provisioningStep,
];

const log = logger("init");

/** Timers of PID 1 must not end its event loop: with no program and no socket there is nothing else. */
const KEEP_ALIVE_MILLISECONDS = 2 ** 31 - 1;

const LAST_LINES_MILLISECONDS = 300;

export interface InitOptions {
  /** KEY=VALUE words. */
  args: string[];
  /** The main command, or nothing. */
  command: string[];
}

/** Boots, supervises until a signal or the end of the main command, stops everything; the exit code. */
export async function init({ args, command }: InitOptions): Promise<number> {
  const started = performance.now() - process.uptime() * 1000;
  const signals = new Signals();
  // The binary blocks them for PID 1 from its first instruction on (scripts/lib/early-signals.ts).
  unblockSignals();
  if (await isInitRunning()) {
    await stayBeside(command, loadEnvironment(args).env, signals.stop);
    return ExitCode.ok;
  }
  const keepAlive = setInterval(() => undefined, KEEP_ALIVE_MILLISECONDS);
  const loaded = loadEnvironment(args);
  const { settings, env, problems } = loaded;
  const logs = openLogs({ fd: command.length > 0 ? 2 : 1, format: settings.AI_DOCK_LOG_FORMAT });
  setLogRedactor(createRedactor(env));
  surviveBugs();
  startReaper();
  raiseOpenFiles();
  for (const problem of makeRuntimeDirectory()) log.warn(problem);
  setLogDebug(settings.DEBUG);
  for (const { message } of problems) log.warn(message);
  if (settings.DEBUG)
    for (const row of describeEnvironment(loaded, true)) log.debug(`${row.name}=${row.value ?? ""}`);
  const failed = problems.length > 0 && settings.AI_DOCK_STRICT;
  const code = failed ? refuse() : await live(loaded, { command, logs, signals, started }).catch(endAfterBug);
  await logs.container?.flush(LAST_LINES_MILLISECONDS);
  clearInterval(keepAlive);
  return code;
}

interface Life {
  command: string[];
  logs: BootLogs;
  signals: Signals;
  /** When the process began, on the clock of performance.now(). */
  started: number;
}

async function live(loaded: LoadedEnvironment, { command, logs, signals, started }: Life): Promise<number> {
  const { settings, env, sources } = loaded;
  const quiet = command.length > 0 && onTerminal();
  const fatal = Promise.withResolvers<number>();
  const socket = controlSocket();
  const supervisor = new Supervisor({
    env,
    serverUrl: `unix://${socket}`,
    container: quiet ? null : logs.container,
    logs,
    onFatal: ({ id }) => {
      if (settings.AI_DOCK_ON_FATAL !== "exit") return;
      log.error(`${id} is FATAL; AI_DOCK_ON_FATAL=exit ends the container`);
      fatal.resolve(ExitCode.failure);
    },
  });
  const configuration = new Configuration(() => collectPrograms({ env, signal: signals.stop }));
  const control = {
    supervisor,
    configuration,
    environment: () => ({ env, sources }),
    mainLog: logs.main,
    requestStop: () => signals.requestStop(),
  };
  const closeControl = openControl(control, socket);
  obeySignals(signals, control, () => logs.reopen());
  const context: Omit<BootContext, "log"> = {
    settings,
    env,
    signal: signals.stop,
    runLogged: (options) => runLogged(options, logs, signals.stop),
  };
  const stopped = new Promise<number>((resolve) => {
    const end = () => resolve(ExitCode.ok);
    if (signals.stop.aborted) end();
    signals.stop.addEventListener("abort", end);
  });
  const failures = await runSteps(steps, context);
  let stopTimeout = settings.AI_DOCK_STOP_TIMEOUT;
  let code: number;
  if (signals.stop.aborted) code = ExitCode.ok;
  else if (failures > 0 && settings.AI_DOCK_STRICT) code = refuse();
  else {
    logs.ownName = "supervisor";
    // Hooks and provisioning may have added secrets.
    setLogRedactor(createRedactor(env));
    const begun = startPrograms(supervisor, configuration, signals.stop).catch(reportBug);
    await Promise.race([begun, stopped]);
    if (!signals.stop.aborted) {
      void reportReady(supervisor, started);
      signals.stop.addEventListener("abort", watchTunnels(supervisor, env));
    }
    // A signal that came while the programs were prepared is not the main command's: it never started.
    if (signals.stop.aborted) code = ExitCode.ok;
    else if (command.length === 0) code = await Promise.race([stopped, fatal.promise]);
    else {
      const patience = stopTimeout / 2;
      if (quiet) logs.mute();
      const main = await runMainCommand({ command, env, signals, patience, giveUp: fatal.promise });
      code = main.code;
      stopTimeout -= main.stopSeconds;
    }
  }
  log.info("stopping", { code });
  await shutdown(supervisor, stopTimeout, signals.hurry);
  await RemoteMount.releaseAll();
  closeControl();
  log.info("stopped");
  return code;
}

/** Reads which programs there are and starts them; does not wait for them to come up. */
async function startPrograms(supervisor: Supervisor, configuration: Configuration, stop: AbortSignal) {
  const problems = await configuration.reread();
  // What is read after a stop is incomplete.
  if (stop.aborted) return;
  logProblems(problems);
  for (const spec of configuration.specs) supervisor.add(spec);
  supervisor.phase = "running";
  await supervisor.autostart();
}

/** A bug in one corner must not take down PID 1, and with it the user's work. */
function surviveBugs(): void {
  process.on("uncaughtException", reportBug);
  process.on("unhandledRejection", reportBug);
}

/** An init that has lost its thread is worth less than one that is started again. */
function endAfterBug(error: unknown): number {
  reportBug(error);
  return ExitCode.failure;
}

function reportBug(error: unknown): void {
  log.error(`bug: ${error instanceof Error ? error.stack : messageOf(error)}`);
}

function refuse(): number {
  log.error("AI_DOCK_STRICT is set; the container ends with 78 because of the above");
  return ExitCode.configuration;
}
