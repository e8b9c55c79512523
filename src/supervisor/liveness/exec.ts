import { closeSync } from "node:fs";
import { messageOf, ShellCode } from "../../errors.ts";
import type { ProgramSpec } from "../../programs/spec.ts";
import {
  type ChildExit,
  type ExitListener,
  mayHaveOrphans,
  sendSignal,
  spawnChild,
} from "../../sys/children.ts";
import { requireDescriptors } from "../../sys/open-files.ts";
import { pipe } from "../../sys/pipes.ts";
import { programCommand } from "../command-line.ts";
import type { SupervisorContext } from "../context.ts";
import { describeExit } from "../exit-reason.ts";
import { programEnvironment } from "../launch.ts";
import type { ProcessTree } from "../process-tree.ts";
import { LastLine } from "./last-line.ts";
import { CannotCheck } from "./verdict.ts";

/** A pipe, what Bun needs for a moment to start and watch a process, and some to spare. */
const NEEDED_DESCRIPTORS = 16;

/** After SIGKILL and the end of what else there was, until a process counts as one that no signal ends. */
const KILL_MILLISECONDS = 500;

/** On whose behalf a command is run. */
export interface Behalf {
  context: SupervisorContext;
  spec: ProgramSpec;
  /** Of the commands alone: the program's own processes are not in it. */
  tree: ProcessTree;
}

export interface Ran {
  /** Undefined for exit code 0, else in words what is wrong. */
  why: string | undefined;
  /** For a process that not even SIGKILL ends: resolves when it has ended after all. */
  left?: Promise<unknown>;
}

/**
 * Runs a command as its program is run: as that user, in that environment and folder. Whatever is left of it when it has
 * ended, or `signal` aborts, is killed. Throws AiDockError or CannotCheck for a command that cannot run.
 */
export async function runsWell(command: string[], behalf: Behalf, signal: AbortSignal): Promise<Ran> {
  const { memory } = behalf.context;
  const exited = Promise.withResolvers<ChildExit>();
  const aborted = Promise.withResolvers<undefined>();
  const output = pipe();
  const lastLine = new LastLine(output.read);
  try {
    const pid = start(command, behalf, output.write, { exited: exited.resolve });
    const abort = () => {
      sendSignal(-pid, "KILL");
      aborted.resolve(undefined);
    };
    signal.addEventListener("abort", abort, { once: true });
    if (signal.aborted) abort();
    const exit = await Promise.race([exited.promise, aborted.promise]);
    signal.removeEventListener("abort", abort);
    // Other ends have nothing to do with memory, and must not hide those of programs that have.
    const account = exit?.signal === "KILL" ? memory.account(exit) : undefined;
    if (exit === undefined || mayHaveOrphans())
      await behalf.tree.end("KILL", 0, exit === undefined ? pid : undefined);
    if (exit !== undefined) return { why: judge(exit, account, lastLine.text()) };
    const late = Bun.sleep(KILL_MILLISECONDS).then(() => ({ left: exited.promise }));
    return { why: "not done", ...(await Promise.race([exited.promise.then(() => ({})), late])) };
  } finally {
    lastLine.close();
  }
}

function start(command: string[], { context, spec, tree }: Behalf, output: number, listener: ExitListener) {
  try {
    const env = programEnvironment({ spec, context });
    const { command: words, cwd } = programCommand({ ...spec, command }, env["PATH"]);
    requireDescriptors(NEEDED_DESCRIPTORS);
    const options = { command: words, env, stdout: output, stderr: output, listener };
    const { umask } = spec;
    return tree.spawn(() =>
      spawnChild({
        ...options,
        ...(cwd === undefined ? {} : { cwd }),
        ...(umask === undefined ? {} : { umask }),
      }),
    ).pid;
  } catch (error) {
    // Also what spawn says, such as EAGAIN: nothing that the program has done.
    throw new CannotCheck(messageOf(error), { cause: error });
  } finally {
    closeSync(output);
  }
}

function judge(exit: ChildExit, memory: string | undefined, output: string): string | undefined {
  if (exit.code === 0) return undefined;
  const how = describeExit(exit, memory);
  const why = output === "" ? how : `${how}: ${output}`;
  const isUnable = exit.code === ShellCode.notFound || exit.code === ShellCode.notExecutable;
  if (isUnable || memory !== undefined) throw new CannotCheck(why);
  return why;
}
