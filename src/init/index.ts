import { once } from "node:events";
import type { EnvironmentChanges } from "../control/requests.ts";
import { describeEnvironment } from "../env/describe.ts";
import { Environment } from "../env/environment.ts";
import { loadEnvironment } from "../env/load.ts";
import { ExitCode } from "../errors.ts";
import { accountStep } from "../features/account/step.ts";
import { gpusStep } from "../features/gpus/step.ts";
import { hooksStep } from "../features/hooks/step.ts";
import { collectPrograms } from "../features/programs.ts";
import { copiesScript } from "../features/log-copies.ts";
import { providerStep } from "../features/provider/step.ts";
import { mayTakeLong, provisioningStep } from "../features/provisioning/step.ts";
import { syncStep } from "../features/opt-sync/step.ts";
import { RemoteMount } from "../features/remotes/mount.ts";
import { remotesStep } from "../features/remotes/step.ts";
import { firstShellStep, shellEnvStep } from "../features/shell/step.ts";
import { storedStep } from "../features/shell/stored.ts";
import { keysStep } from "../features/ssh/step.ts";
import type { Step } from "../features/step.ts";
import { tunnelsStep } from "../features/tunnels/step.ts";
import { watchTunnels } from "../features/tunnels/watch.ts";
import { workspaceStep } from "../features/workspace/step.ts";
import { logger, setLogDebug, setLogRedactor } from "../log.ts";
import { Configuration, logProblems } from "../supervisor/configuration.ts";
import { startReaper } from "../supervisor/reaper.ts";
import { shutdown } from "../supervisor/shutdown.ts";
import { Supervisor } from "../supervisor/supervisor.ts";
import { freeProcesses } from "../sys/cgroup.ts";
import { unblockSignals } from "../sys/libc.ts";
import { raiseOpenFiles } from "../sys/open-files.ts";
import { controlSocket, makeRuntimeDirectory, runtimePath } from "../sys/runtime-directory.ts";
import { endAfterBug, reportBug, surviveBugs } from "./bugs.ts";
import { obeySignals, openControl } from "./control.ts";
import { keepHealthFile } from "./health-file.ts";
import { type BootLogs, openLogs } from "./logs.ts";
import { type MainCommandEnd, onTerminal, runMainCommand } from "./main-command.ts";
import { reportReady } from "./report-ready.ts";
import { runLogged } from "./run-logged.ts";
import { reviewEnvironment, runSteps, type StepsContext } from "./run-steps.ts";
import { isInitRunning, stayBeside } from "./second-init.ts";
import { Signals } from "./signals.ts";
import { addOrKeep, createWeb, type Web } from "./web.ts";

/** The boot, in order. No program starts before the last one has ended. */
const stepsBeforeScripts: Step[] = [
  storedStep,
  keysStep,
  gpusStep,
  workspaceStep,
  accountStep,
  remotesStep,
  providerStep,
  tunnelsStep,
  syncStep,
];
const stepsWithScripts: Step[] = [firstShellStep, hooksStep, shellEnvStep, provisioningStep];

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

/** Boots, supervises until a signal or the end of the main command, stops everything. Resolves to the exit code. */
export async function init({ args, command }: InitOptions): Promise<number> {
  const started = performance.now() - process.uptime() * 1000;
  const signals = new Signals();
  // The binary blocks them for PID 1 from its first instruction on (scripts/lib/early-signals.ts).
  unblockSignals();
  const loaded = loadEnvironment(args);
  if (await isInitRunning()) {
    await stayBeside(command, loaded.env, signals.stop);
    return ExitCode.ok;
  }
  const keepAlive = setInterval(() => undefined, KEEP_ALIVE_MILLISECONDS);
  const environment = new Environment(loaded);
  const logs = openLogs({ fd: command.length > 0 ? 2 : 1, format: environment.settings.AI_DOCK_LOG_FORMAT });
  setLogRedactor(environment.redactor);
  surviveBugs();
  startReaper();
  raiseOpenFiles();
  for (const problem of makeRuntimeDirectory()) log.warn(problem);
  const isRefused = reportSettings(environment);
  const life = { command, environment, logs, signals, started };
  const code = isRefused ? refuse() : await live(life).catch(endAfterBug);
  await logs.flush(LAST_LINES_MILLISECONDS);
  clearInterval(keepAlive);
  return code;
}

/** What the container is about, from the first step to the last log line. */
interface Life {
  command: string[];
  environment: Environment;
  logs: BootLogs;
  signals: Signals;
  /** When the process began, on the clock of performance.now(). */
  started: number;
}

/** Logs what is wrong with the settings, and with DEBUG all of them. True when the container must not start. */
function reportSettings(environment: Environment): boolean {
  const { settings } = environment;
  const problems = environment.takeProblems();
  setLogDebug(settings.DEBUG);
  for (const problem of problems) log.warn(problem);
  if (settings.DEBUG)
    for (const row of describeEnvironment(environment, true)) log.debug(`${row.name}=${row.value ?? ""}`);
  return problems.length > 0 && settings.AI_DOCK_STRICT;
}

async function live(life: Life): Promise<number> {
  const { environment, logs, signals } = life;
  const fatal = Promise.withResolvers<number>();
  const supervisor = createSupervisor(life, fatal.resolve);
  const web = createWeb(supervisor, environment);
  const { front } = web;
  const configuration = new Configuration(() =>
    collectPrograms({ env: environment.env, signal: signals.stop, front }),
  );
  const healthFile = keepHealthFile(supervisor, runtimePath("health"));
  const control = {
    supervisor,
    configuration,
    environment: () => ({ env: environment.env, sources: environment.sources }),
    changeEnvironment(changes: EnvironmentChanges) {
      environment.change(changes);
      reviewEnvironment(environment, log);
    },
    web: web.control,
    mainLog: logs.main,
    onAction: () => healthFile.refresh(),
    requestStop: () => signals.requestStop(),
  };
  const closeControl = openControl(control, controlSocket());
  obeySignals(signals, control, () => logs.reopen());
  const { code, stopSeconds } = await runUntilEnd({ ...life, web }, supervisor, configuration, fatal.promise);
  log.info("stopping", { code });
  healthFile.close();
  await shutdown(supervisor, environment.settings.AI_DOCK_STOP_TIMEOUT - stopSeconds, signals.hurry);
  await RemoteMount.releaseAll();
  closeControl();
  log.info("stopped");
  return code;
}

/** Boots, starts the programs and runs the main command, until the container has to stop. */
async function runUntilEnd(
  life: Life & { web: Web },
  supervisor: Supervisor,
  configuration: Configuration,
  fatal: Promise<number>,
): Promise<MainCommandEnd> {
  const { command, environment, logs, signals, started, web } = life;
  const { env } = environment;
  const stopped: MainCommandEnd = { code: ExitCode.ok, stopSeconds: 0 };
  const failures = await boot(life);
  web.onStep(undefined);
  if (signals.stop.aborted) return stopped;
  if (failures > 0 && environment.settings.AI_DOCK_STRICT) return { code: refuse(), stopSeconds: 0 };
  logs.ownName = "supervisor";
  const stop = aborted(signals.stop);
  await Promise.race([startPrograms(supervisor, configuration, signals.stop).catch(reportBug), stop]);
  // A signal that came while the programs were prepared is not the main command's: it never started.
  if (signals.stop.aborted) return stopped;
  void reportReady(supervisor, started);
  const endTunnels = watchTunnels({
    supervisor,
    env,
    services: () => web.front.tunnelServices(),
    onChange: () => web.front.changed(),
  });
  signals.stop.addEventListener("abort", endTunnels);
  if (command.length === 0)
    return await Promise.race([stop.then(() => stopped), fatal.then((code) => ({ code, stopSeconds: 0 }))]);
  if (isQuiet(command)) logs.mute();
  const patience = environment.settings.AI_DOCK_STOP_TIMEOUT / 2;
  return await runMainCommand({ command, env, signals, patience, giveUp: fatal });
}

/** Runs the steps of the boot. Resolves to the number of those that failed. */
async function boot({ environment, logs, signals, web }: Life & { web: Web }): Promise<number> {
  const { stop: signal } = signals;
  const context: StepsContext = {
    signal,
    runLogged(options) {
      const isCopied = copiesScript(environment.settings.AI_DOCK_LOG_CONTAINER, options.name);
      return runLogged(options, isCopied ? logs : { ...logs, container: null }, signal);
    },
    onStep: web.onStep,
  };
  const before = await runSteps(stepsBeforeScripts, environment, context);
  environment.settleEarly();
  const endFront = web.front.start();
  signal.addEventListener("abort", endFront);
  if (mayTakeLong(environment.settings, environment.env)) await web.startEarly(signal).catch(reportBug);
  return before + (await runSteps(stepsWithScripts, environment, context));
}

function createSupervisor({ command, environment, logs }: Life, endContainer: (code: number) => void) {
  return new Supervisor({
    env: environment.env,
    serverUrl: `unix://${controlSocket()}`,
    container: isQuiet(command) ? null : logs.container,
    logs,
    onFatal: ({ id }) => {
      if (environment.settings.AI_DOCK_ON_FATAL !== "exit") return;
      log.error(`${id} is FATAL; AI_DOCK_ON_FATAL=exit ends the container`);
      endContainer(ExitCode.failure);
    },
  });
}

/** Reads which programs there are and starts them; does not wait for them to come up. */
async function startPrograms(supervisor: Supervisor, configuration: Configuration, stop: AbortSignal) {
  const problems = await configuration.reread();
  // What is read after a stop is incomplete.
  if (stop.aborted) return;
  logProblems(problems);
  await addOrKeep(supervisor, configuration.specs);
  // A collection needs threads, without which JavaScriptCore ends the process: before programs can take all of them.
  if (freeProcesses() !== undefined) Bun.gc(true);
  supervisor.phase = "running";
  await supervisor.autostart();
}

/** A main command on a terminal has the terminal for itself. */
const isQuiet = (command: string[]) => command.length > 0 && onTerminal();

/** Resolves when the signal is aborted. */
async function aborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, "abort");
}

function refuse(): number {
  log.error("AI_DOCK_STRICT is set; the container ends with 78 because of the above");
  return ExitCode.configuration;
}
