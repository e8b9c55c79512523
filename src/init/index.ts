import { once } from "node:events";
import manifest from "../../package.json" with { type: "json" };
import type { EnvironmentChanges } from "../control/requests.ts";
import { Environment } from "../env/environment.ts";
import { loadEnvironment } from "../env/load.ts";
import { ExitCode } from "../errors.ts";
import { collectPrograms } from "../features/programs.ts";
import { copiesScript } from "../features/log-copies.ts";
import { RemoteMount } from "../features/remotes/mount.ts";
import type { StopReason } from "../features/hooks/prestop.ts";
import { areTunnelsEarly } from "../features/early.ts";
import { logger, setLogRedactor } from "../log.ts";
import type { ProgramSpec } from "../programs/spec.ts";
import { Configuration, logProblems } from "../supervisor/configuration.ts";
import { startReaper } from "../supervisor/reaper.ts";
import { shutdown } from "../supervisor/shutdown.ts";
import type { Supervisor } from "../supervisor/supervisor.ts";
import { freeProcesses } from "../sys/cgroup.ts";
import { unblockSignals } from "../sys/libc.ts";
import { raiseOpenFiles } from "../sys/open-files.ts";
import { controlSocket, makeRuntimeDirectory, runtimePath } from "../sys/runtime-directory.ts";
import { beginBootMarks, endBootMarks } from "./boot-marks.ts";
import { endAfterBug, reportBug, surviveBugs } from "./bugs.ts";
import { obeySignals, openControl } from "./control.ts";
import { EarlyPrograms } from "./early.ts";
import { createSupervisor } from "./create-supervisor.ts";
import { watchGpuLoss } from "./gpu-loss.ts";
import { createIdle, type Idle } from "./idle.ts";
import { keepHealthFile } from "./health-file.ts";
import { type BootLogs, openLogs } from "./logs.ts";
import { onTerminal, runMainCommand } from "./main-command.ts";
import { runPrestopHooks } from "./prestop.ts";
import { reportReady } from "./report-ready.ts";
import { refuse, reportSettings } from "./report-settings.ts";
import { runLogged } from "./run-logged.ts";
import { reviewEnvironment, runSteps, type StepsContext } from "./run-steps.ts";
import { steps, stepsBeforeEarly, stepsBesideEarly } from "./steps.ts";
import { isInitRunning, stayBeside } from "./second-init.ts";
import { Signals } from "./signals.ts";
import { createWeb, type Web } from "./web.ts";
import { WorkspaceAccess } from "./workspace-access.ts";

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

interface WholeLife extends Life {
  web: Web;
  early: EarlyPrograms;
  idle: Idle;
}

async function live(life: Life): Promise<number> {
  const { environment, logs, signals } = life;
  const fatal = Promise.withResolvers<number>();
  const endContainer = (code: number, reason: StopReason) => {
    const before = signals.prepareStop(reason);
    if (before === undefined) fatal.resolve(code);
    else void before.then(() => fatal.resolve(code));
  };
  const supervisor = createSupervisor({
    environment,
    logs,
    signals,
    isQuiet: isQuiet(life.command),
    endContainer,
  });
  const idle: Idle = createIdle({ supervisor, environment, logs, signals, web: () => web, endContainer });
  const web = createWeb(supervisor, environment, idle);
  const { front } = web;
  const read = (env: Record<string, string>) => collectPrograms({ env, signal: signals.stop, front });
  const expect = (specs: ProgramSpec[]) => front.expect(specs);
  const early = new EarlyPrograms({ supervisor, environment, read, expect, signal: signals.stop });
  const configuration = new Configuration(() => read(environment.env));
  const healthFile = keepHealthFile(supervisor, runtimePath("health"));
  const control = {
    supervisor,
    configuration,
    version: manifest.version,
    environment: () => ({ env: environment.env, sources: environment.sources }),
    changeEnvironment(changes: EnvironmentChanges) {
      environment.change(changes);
      reviewEnvironment(environment, log);
      idle.refresh();
    },
    boot: web.boot,
    web: web.control,
    idle,
    mainLog: logs.main,
    onAction: () => healthFile.refresh(),
    requestStop: () => signals.requestStop(),
  };
  const closeControl = openControl(control, controlSocket());
  obeySignals(signals, control, () => logs.reopen());
  beginBootMarks();
  const whole = { ...life, web, early, idle };
  idle.refresh();
  void watchGpuLoss({ supervisor, environment, signals, endContainer }).catch(reportBug);
  const code = await runUntilEnd(whole, supervisor, configuration, fatal.promise);
  log.info("stopping", { code, reason: signals.reason });
  healthFile.close();
  const timeout = environment.settings.AI_DOCK_STOP_TIMEOUT - signals.stopSeconds;
  await shutdown(supervisor, timeout, signals.hurry);
  await RemoteMount.releaseAll();
  endBootMarks();
  closeControl();
  log.info("stopped");
  return code;
}

/** Boots, starts the programs and runs the main command, until the container has to stop. */
async function runUntilEnd(
  life: WholeLife,
  supervisor: Supervisor,
  configuration: Configuration,
  fatal: Promise<number>,
): Promise<number> {
  const { command, environment, logs, signals, started, web, early, idle } = life;
  const { env } = environment;
  const stop = aborted(signals.stop);
  const end = Promise.race([fatal, stop.then(() => ExitCode.ok)]);
  const failures = await boot(life, supervisor);
  web.onStep(undefined);
  // Scripts may have set a limit.
  idle.refresh();
  if (signals.stop.aborted) return await end;
  if (failures > 0 && environment.settings.AI_DOCK_STRICT) return refuse();
  endBootMarks();
  logs.ownName = "supervisor";
  const onBegin = () => {
    signals.beforeStop = (before) => runPrestopHooks({ environment, logs, supervisor, before });
  };
  const start = startPrograms(supervisor, configuration, early, { stop: signals.stop, onBegin }).catch(
    reportBug,
  );
  await Promise.race([start, stop]);
  // A signal that came while the programs were prepared is not the main command's: it never started.
  if (signals.isStopping) return await end;
  void reportReady(supervisor, started);
  web.openTunnels(signals.stop);
  if (command.length === 0) return await end;
  if (isQuiet(command)) logs.mute();
  const { AI_DOCK_STOP_TIMEOUT: stopTimeout } = environment.settings;
  return await runMainCommand({ command, env, signals, stopTimeout, giveUp: fatal });
}

/** Runs the steps of the boot. Resolves to the number of those that failed. */
async function boot(life: WholeLife, { notices }: Supervisor): Promise<number> {
  const { environment, logs, signals, web, early } = life;
  const { stop: signal } = signals;
  const context: StepsContext = {
    signal,
    runLogged(options) {
      const isCopied = copiesScript(environment.settings.AI_DOCK_LOG_CONTAINER, options.name);
      return runLogged(options, isCopied ? logs : { ...logs, container: null }, signal);
    },
    onStep: web.onStep,
    access: new WorkspaceAccess({ environment, notices, signal, steps }),
  };
  const before = await runSteps(stepsBeforeEarly, environment, context);
  environment.settleEarly();
  const endFront = web.front.start();
  signal.addEventListener("abort", endFront);
  await early.start().catch(reportBug);
  if (areTunnelsEarly(environment.settings.AI_DOCK_EARLY)) web.openTunnels(signal);
  return before + (await runSteps(stepsBesideEarly, environment, context));
}

/** Reads which programs there are and starts them, which `onBegin` is told; does not wait for them to come up. */
async function startPrograms(
  supervisor: Supervisor,
  configuration: Configuration,
  early: EarlyPrograms,
  { stop, onBegin }: { stop: AbortSignal; onBegin: () => void },
) {
  const problems = await configuration.reread();
  // What is read after a stop is incomplete.
  if (stop.aborted) return;
  logProblems(problems);
  const programs = await early.join({ programs: [...configuration.specs], problems });
  if (stop.aborted) return;
  // A collection needs threads, without which JavaScriptCore ends the process: before programs can take all of them.
  if (freeProcesses() !== undefined) Bun.gc(true);
  supervisor.phase = "running";
  onBegin();
  await supervisor.autostart(programs);
  await early.refresh();
}

/** A main command on a terminal has the terminal for itself. */
const isQuiet = (command: string[]) => command.length > 0 && onTerminal();

/** Resolves when the signal is aborted. */
async function aborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, "abort");
}
