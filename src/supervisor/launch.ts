import { closeSync, writeSync } from "node:fs";
import { AiDockError, errnoOf, messageOf } from "../errors.ts";
import { type OutputListener, startPump } from "../logs/write/pump.ts";
import { programId } from "../programs/names.ts";
import type { ProgramSpec } from "../programs/spec.ts";
import { type ExitListener, spawnChild } from "../sys/children.ts";
import { pipe, resizePipe, setNonblocking } from "../sys/pipes.ts";
import { requireDescriptors } from "../sys/open-files.ts";
import { programCommand } from "./command-line.ts";
import type { SupervisorContext } from "./context.ts";
import type { ProgramOutput } from "./output.ts";
import type { ProcessTree } from "./process-tree.ts";

/** What is told of a process and its pipes. */
export interface LaunchListener extends ExitListener, OutputListener {
  /** A pipe for output is there; `outputEnded` follows. */
  outputBegan(): void;
}

export interface LaunchOptions {
  context: SupervisorContext;
  spec: ProgramSpec;
  /** The log files of its streams. */
  output: Pick<ProgramOutput, "stdout" | "stderr" | "counts">;
  tree: ProcessTree;
  listener: LaunchListener;
}

/** Three pipes, what reads them, what Bun needs for a moment to start and watch a process, and some to spare. */
const NEEDED_DESCRIPTORS = 20;

/** One page: hardly any program reads its input, and the kernel limits what all pipes may hold together. */
const STDIN_PIPE_BYTES = 4096;

/** Between two tries to write to a program that does not read. */
const FULL_WAIT_MILLISECONDS = 10;

export interface Launched {
  pid: number;
  stdin: Stdin;
}

/** Starts a program's process. Throws AiDockError with what `status` is to show as reason. */
export function launch(options: LaunchOptions): Launched {
  const { spec, tree, listener } = options;
  if (spec.commandError !== undefined) throw new AiDockError(spec.commandError);
  const env = programEnvironment(options);
  const { command, cwd } = programCommand(spec, env["PATH"]);
  requireDescriptors(NEEDED_DESCRIPTORS);
  const stdin = new Stdin();
  // Our copies of what the process gets; it has its own once it runs.
  const copies = [stdin.read];
  try {
    const stdout = openStream("stdout", options);
    copies.push(stdout);
    const stderr = spec.stderr === "stdout" ? stdout : openStream("stderr", options);
    if (stderr !== stdout) copies.push(stderr);
    const child = tree.spawn(() =>
      spawnChild({
        command,
        env,
        ...(cwd === undefined ? {} : { cwd }),
        ...(spec.umask === undefined ? {} : { umask: spec.umask }),
        stdin: stdin.read,
        stdout,
        stderr,
        more: spec.inherit?.(),
        listener,
      }),
    );
    return { pid: child.pid, stdin };
  } catch (error) {
    stdin.close();
    throw new AiDockError(messageOf(error), { cause: error });
  } finally {
    for (const fd of copies) closeSync(fd);
  }
}

/** The whole environment of a program, and of what runs on its behalf. */
export function programEnvironment({
  spec,
  context,
}: Pick<LaunchOptions, "spec" | "context">): Record<string, string> {
  const base = spec.onlyEnvironment ? {} : context.env;
  const own = {
    SUPERVISOR_ENABLED: "1",
    SUPERVISOR_SERVER_URL: context.serverUrl,
    SUPERVISOR_PROCESS_NAME: spec.name,
    SUPERVISOR_GROUP_NAME: spec.group,
  };
  return { ...base, ...own, ...spec.environment };
}

/**
 * Opens a real pipe and starts to read it; the end for the process. With redirect_stderr both streams share one, so that
 * their order is kept.
 */
function openStream(stream: "stdout" | "stderr", { spec, context, output, listener }: LaunchOptions): number {
  const log = stream === "stdout" || spec.stderr === "stdout" ? spec.stdout : spec.stderr;
  const isCopied = spec.containerCopy !== false || log.kind === "container";
  const { read, write } = pipe();
  const options = {
    name: programId(spec),
    stream,
    file: output[stream],
    counts: output.counts[stream],
    container: isCopied ? context.container : null,
    ...(spec.containerLimit ? { limit: spec.containerLimit } : {}),
  };
  startPump(read, options, listener);
  listener.outputBegan();
  return write;
}

/** A program's standard input: silent and open, as supervisord gives it, until someone writes to it. */
export class Stdin {
  /** The end for the program. */
  readonly read: number;
  readonly #write: number;
  #isOpen = true;

  /** Throws with an errno `code`. */
  constructor() {
    const { read, write } = pipe();
    resizePipe(write, STDIN_PIPE_BYTES);
    setNonblocking(write);
    this.read = read;
    this.#write = write;
  }

  /** Writes all of it, as the program reads. False when it was closed before that. */
  async write(bytes: Uint8Array): Promise<boolean> {
    for (let written = 0; this.#isOpen && written < bytes.byteLength;) {
      try {
        written += writeSync(this.#write, bytes, written);
      } catch (error) {
        if (errnoOf(error) !== "EAGAIN") return false;
        await Bun.sleep(FULL_WAIT_MILLISECONDS);
      }
    }
    return this.#isOpen;
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    closeSync(this.#write);
  }
}
