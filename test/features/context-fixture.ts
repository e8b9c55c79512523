import { spawn } from "node:child_process";
import type { BootContext, LoggedRunOptions } from "../../src/features/step.ts";
import { readSettings } from "../../src/env/load.ts";
import type { LogFields, Logger } from "../../src/log.ts";

export interface TestContext extends BootContext {
  /** `level message key=value` of every line that was logged. */
  lines: string[];
  /** What the commands of runLogged printed, by name. */
  output: Record<string, string>;
}

/** A boot context with the default settings, an environment of its own and real processes. */
export function bootContext(
  settings: Record<string, string> = {},
  env: Record<string, string> = {},
  signal: AbortSignal = new AbortController().signal,
): TestContext {
  const lines: string[] = [];
  const output: Record<string, string> = {};
  const line =
    (level: string) =>
    (message: string, fields: LogFields = {}) => {
      const pairs = Object.entries(fields).map(([key, value]) => ` ${key}=${value}`);
      lines.push(`${level} ${message}${pairs.join("")}`);
    };
  const log: Logger = {
    debug: line("debug"),
    info: line("info"),
    warn: line("warn"),
    error: line("error"),
  };
  return {
    settings: readValid(settings),
    env: { PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", ...env },
    signal,
    log,
    lines,
    output,
    runLogged: (options) => runReal(options, output, signal),
  };
}

function readValid(given: Record<string, string>): BootContext["settings"] {
  const { settings, problems } = readSettings(given);
  if (problems.length > 0) throw new Error(problems.map(({ message }) => message).join("\n"));
  return settings;
}

const SIGKILL = 9;

/** Runs in a process group of its own; a timeout or an abort kills the group. */
async function runReal(options: LoggedRunOptions, output: Record<string, string>, signal: AbortSignal) {
  const [file = "", ...args] = options.command;
  const child = spawn(file, args, {
    env: options.env,
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  const { promise, resolve } = Promise.withResolvers<number>();
  const collect = (chunk: Buffer) => {
    output[options.name] = (output[options.name] ?? "") + chunk.toString();
  };
  child.stdout.on("data", collect);
  child.stderr.on("data", collect);
  child.on("error", () => resolve(127));
  child.on("close", (code) => resolve(code ?? 128 + SIGKILL));
  const kill = () => process.kill(-(child.pid ?? 0), "SIGKILL");
  const timer = options.timeout ? setTimeout(kill, options.timeout * 1000) : undefined;
  signal.addEventListener("abort", kill);
  const code = await promise;
  signal.removeEventListener("abort", kill);
  clearTimeout(timer);
  return { code };
}
