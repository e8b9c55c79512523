import { closeSync, writeSync } from "node:fs";
import { AiDockError, errnoOf, messageOf } from "../errors.ts";
import type { LogFile } from "../logs/write/log-file.ts";
import { pumpOutput } from "../logs/write/pump.ts";
import { programId } from "../programs/names.ts";
import type { ProgramSpec } from "../programs/spec.ts";
import { type ChildExit, spawnChild } from "../sys/children.ts";
import { pipe, resizePipe, setNonblocking } from "../sys/pipes.ts";
import { requireDescriptors } from "../sys/open-files.ts";
import { programCommand } from "./command-line.ts";
import type { SupervisorContext } from "./context.ts";
import type { ProcessTree } from "./process-tree.ts";

export interface LaunchOptions {
  context: SupervisorContext;
  spec: ProgramSpec;
  /** The log files of its streams. */
  output: { readonly stdout: LogFile | null; readonly stderr: LogFile | null };
  tree: ProcessTree;
  /** Sees every chunk of output before it is written; for readiness by log line. */
  onOutput?: (chunk: Uint8Array) => void;
  onExit: (exit: ChildExit) => void;
}

/** Three pipes, what reads them, what Bun needs for a moment to start and watch a process, and some to spare. */
const NEEDED_DESCRIPTORS = 20;

/** One page: hardly any program reads its input, and the kernel limits what all pipes may hold together. */
const STDIN_PIPE_BYTES = 4096;

/** Between two tries to write to a program that does not read. */
const FULL_WAIT_MILLISECONDS = 10;

export interface Launched {
  pid: number;
  /** Resolves when every writer of its output is gone and all of it is written. */
  written: Promise<unknown>;
  stdin: Stdin;
}

/** Starts a program's process. Throws AiDockError with what `status` is to show as reason. */
export function launch(options: LaunchOptions): Launched {
  const { spec, tree, onExit } = options;
  if (spec.commandError !== undefined) throw new AiDockError(spec.commandError);
  const env = programEnvironment(options);
  const { command, cwd } = programCommand(spec, env["PATH"]);
  requireDescriptors(NEEDED_DESCRIPTORS);
  // Our copies of what the process gets; it has its own once it runs.
  using copies = new DisposableStack();
  const stdin = openStdin();
  copies.defer(() => closeSync(stdin.read));
  try {
    const streams = openStreams(options, copies);
    const child = tree.spawn(() =>
      spawnChild({
        command,
        env,
        ...(cwd === undefined ? {} : { cwd }),
        ...(spec.umask === undefined ? {} : { umask: spec.umask }),
        stdin: stdin.read,
        stdout: streams.stdout,
        stderr: streams.stderr,
        onExit,
      }),
    );
    return { pid: child.pid, written: streams.written, stdin };
  } catch (error) {
    stdin.close();
    throw new AiDockError(messageOf(error), { cause: error });
  }
}

function programEnvironment({ spec, context }: LaunchOptions): Record<string, string> {
  const base = spec.onlyEnvironment ? {} : context.env;
  const own = {
    SUPERVISOR_ENABLED: "1",
    SUPERVISOR_SERVER_URL: context.serverUrl,
    SUPERVISOR_PROCESS_NAME: spec.name,
    SUPERVISOR_GROUP_NAME: spec.group,
  };
  return { ...base, ...own, ...spec.environment };
}

/** A real pipe for each stream; with redirect_stderr both share one, so that their order is kept. */
function openStreams({ spec, context, output, onOutput }: LaunchOptions, copies: DisposableStack) {
  const open = (stream: "stdout" | "stderr") => {
    const log = stream === "stdout" || spec.stderr === "stdout" ? spec.stdout : spec.stderr;
    const isCopied = spec.containerCopy !== false || log.kind === "container";
    const { read, write } = pipe();
    copies.defer(() => closeSync(write));
    const written = pumpOutput(read, {
      name: programId(spec),
      stream,
      file: output[stream],
      container: isCopied ? context.container : null,
      ...(spec.containerLimit ? { limit: spec.containerLimit } : {}),
      ...(onOutput ? { onChunk: onOutput } : {}),
    });
    return { write, written };
  };
  const out = open("stdout");
  const err = spec.stderr === "stdout" ? out : open("stderr");
  return { stdout: out.write, stderr: err.write, written: Promise.all([out.written, err.written]) };
}

/** A program's standard input: silent and open, as supervisord gives it, until someone writes to it. */
export interface Stdin {
  /** The end for the program. */
  read: number;
  /** Writes all of it, as the program reads. False when it was closed before that. */
  write(bytes: Uint8Array): Promise<boolean>;
  close(): void;
}

/** Makes the standard input of a program. Throws with an errno `code`. */
function openStdin(): Stdin {
  const { read, write } = pipe();
  resizePipe(write, STDIN_PIPE_BYTES);
  setNonblocking(write);
  const state = { open: true };
  return {
    read,
    async write(bytes) {
      for (let written = 0; state.open && written < bytes.byteLength;) {
        try {
          written += writeSync(write, bytes, written);
        } catch (error) {
          if (errnoOf(error) !== "EAGAIN") return false;
          await Bun.sleep(FULL_WAIT_MILLISECONDS);
        }
      }
      return state.open;
    },
    close() {
      if (!state.open) return;
      state.open = false;
      closeSync(write);
    },
  };
}
