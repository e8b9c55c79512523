import { closeSync } from "node:fs";
import { AiDockError, messageOf } from "../errors.ts";
import type { ContainerOutput } from "../logs/write/container.ts";
import type { LogFile } from "../logs/write/log-file.ts";
import { pumpOutput } from "../logs/write/pump.ts";
import { programId } from "../programs/names.ts";
import type { ProgramSpec } from "../programs/spec.ts";
import { type ChildExit, spawnChild } from "../sys/children.ts";
import { requireDescriptors } from "../sys/open-files.ts";
import { markChildren, pipe } from "../sys/libc.ts";
import { processCommand } from "./process-command.ts";
import { openStdin, type Stdin } from "./stdin.ts";

export interface LaunchOptions {
  spec: ProgramSpec;
  /** The boot environment. */
  env: Record<string, string>;
  /** Where clients of supervisord find this supervisor. */
  serverUrl: string;
  stdout: LogFile | null;
  stderr: LogFile | null;
  container: ContainerOutput | null;
  /** Tells this program's processes from all others, double-forked ones included. */
  mark: number;
  /** Sees every chunk of output before it is written; for readiness by log line. */
  onOutput?: (chunk: Uint8Array) => void;
  onExit: (exit: ChildExit) => void;
}

/** Three pipes, what reads them, what Bun needs for a moment to start and watch a process, and some to spare. */
const NEEDED_DESCRIPTORS = 20;

export interface Launched {
  pid: number;
  /** Resolves when every writer of its output is gone and all of it is written. */
  output: Promise<unknown>;
  stdin: Stdin;
}

/** Starts a program's process. Throws AiDockError with what `status` is to show as reason. */
export function launch(options: LaunchOptions): Launched {
  const { spec, onExit } = options;
  if (spec.commandError !== undefined) throw new AiDockError(spec.commandError);
  const env = programEnvironment(options);
  const { command, cwd } = processCommand(spec, env["PATH"]);
  requireDescriptors(NEEDED_DESCRIPTORS);
  // Our copies of what the process gets; it has its own once it runs.
  using copies = new DisposableStack();
  const stdin = openStdin();
  copies.defer(() => closeSync(stdin.read));
  try {
    const streams = openStreams(options, copies);
    markChildren(options.mark);
    const child = spawnChild({
      command,
      env,
      ...(cwd === undefined ? {} : { cwd }),
      ...(spec.umask === undefined ? {} : { umask: spec.umask }),
      stdin: stdin.read,
      stdout: streams.stdout,
      stderr: streams.stderr,
      onExit,
    });
    return { pid: child.pid, output: streams.done, stdin };
  } catch (error) {
    stdin.close();
    throw new AiDockError(messageOf(error), { cause: error });
  } finally {
    markChildren(undefined);
  }
}

function programEnvironment({ spec, env, serverUrl }: LaunchOptions): Record<string, string> {
  const base = spec.onlyEnvironment ? {} : env;
  const own = {
    SUPERVISOR_ENABLED: "1",
    SUPERVISOR_SERVER_URL: serverUrl,
    SUPERVISOR_PROCESS_NAME: spec.name,
    SUPERVISOR_GROUP_NAME: spec.group,
  };
  return { ...base, ...own, ...spec.environment };
}

/** A real pipe a stream; with redirect_stderr both share one, so that their order is kept. */
function openStreams({ spec, stdout, stderr, container, onOutput }: LaunchOptions, copies: DisposableStack) {
  const name = programId(spec);
  const open = (stream: "stdout" | "stderr", file: LogFile | null) => {
    const { read, write } = pipe();
    copies.defer(() => closeSync(write));
    const done = pumpOutput(read, {
      name,
      stream,
      file,
      container,
      ...(spec.containerLimit ? { limit: spec.containerLimit } : {}),
      ...(onOutput ? { onChunk: onOutput } : {}),
    });
    return { write, done };
  };
  const out = open("stdout", stdout);
  const err = spec.stderr === "stdout" ? out : open("stderr", stderr);
  return { stdout: out.write, stderr: err.write, done: Promise.all([out.done, err.done]) };
}
