import { closeSync, writeSync } from "node:fs";
import { childExit, sendSignal, spawnChild } from "../children.ts";
import { ownCommand } from "../own-command.ts";
import { pipe } from "../pipes.ts";
import { DEFAULT_PATH } from "../which.ts";
import { objectIn, type Question, type ReaderLine } from "./protocol.ts";

/** Why an answer is not complete, where it is not the end of the process. */
export const NO_ANSWER = "no answer";

/** For the start of the process alone, which says nothing of a driver: a busy machine takes its time. */
const START_MILLISECONDS = 30_000;

/** What a killed process gets to end; one that the kernel holds may take for ever. */
const KILL_MILLISECONDS = 500;

/** The process that reads GPUs, from the side of who asks. */
export class ReaderChild {
  readonly #child: ReturnType<typeof spawnChild>;
  readonly #reader: ReturnType<typeof readerOf>;
  readonly #questions: number;
  readonly #decoder = new TextDecoder();
  #text = "";
  #isUp = false;
  #isClosed = false;

  /** Throws with an errno `code` where no process can be started. */
  constructor({ root, library }: { root: string; library?: string }) {
    const { read, write } = pipe();
    this.#questions = write;
    try {
      this.#child = spawnChild({
        command: [
          ...ownCommand(),
          "gpu-reader",
          ...(root === "" ? [] : [`--root=${root}`]),
          ...(library === undefined ? [] : [`--library=${library}`]),
        ],
        // Not ours: LD_LIBRARY_PATH of a child image may lead to files that others can write.
        env: { PATH: DEFAULT_PATH },
        // Bun looks for libraries in the working directory, too.
        cwd: "/",
        stdin: read,
        stdout: "pipe",
        stderr: "ignore",
      });
    } catch (error) {
      closeSync(write);
      throw error;
    } finally {
      closeSync(read);
    }
    this.#child.unref();
    this.#reader = readerOf(this.#child);
  }

  get pid(): number {
    return this.#child.pid;
  }

  get isOver(): boolean {
    const { code, signal } = childExit(this.#child);
    return code !== null || signal !== null;
  }

  /**
   * Asks, and calls `onLine` with each line of the answer. Undefined once it is complete, else why not: `NO_ANSWER` after
   * a silence that is longer than the given time, or how the process has ended.
   */
  async ask(
    question: Question,
    patienceMilliseconds: number,
    onLine: (line: ReaderLine) => void,
  ): Promise<string | undefined> {
    try {
      writeSync(this.#questions, `${JSON.stringify(question)}\n`);
    } catch {
      return await this.#end();
    }
    for (;;) {
      const { timer, late } = after(
        this.#isUp ? patienceMilliseconds : Math.max(patienceMilliseconds, START_MILLISECONDS),
      );
      const chunk = await Promise.race([this.#reader.read().catch(() => ({ done: true as const })), late]);
      clearTimeout(timer);
      if (chunk === NO_ANSWER) return NO_ANSWER;
      if (chunk.done) return await this.#end();
      this.#text += this.#decoder.decode(chunk.value, { stream: true });
      const lines = this.#text.split("\n");
      this.#text = lines.pop() ?? "";
      for (const line of lines.map((text) => objectIn(text) as ReaderLine | undefined)) {
        if (line === undefined) continue;
        if ("end" in line) return undefined;
        if ("up" in line) this.#isUp = true;
        onLine(line);
      }
    }
  }

  /** Ends the process, and the answer that is on its way. False where the kernel does not let it go. */
  async kill(): Promise<boolean> {
    if (!this.#isClosed) closeSync(this.#questions);
    this.#isClosed = true;
    void this.#reader.cancel().catch(() => undefined);
    if (!this.isOver) sendSignal(-this.#child.pid, "KILL");
    await Promise.race([this.#child.exited, Bun.sleep(KILL_MILLISECONDS)]);
    return this.isOver;
  }

  async #end(): Promise<string> {
    await Promise.race([this.#child.exited, Bun.sleep(KILL_MILLISECONDS)]);
    const { code, signal } = childExit(this.#child);
    return signal === null ? `exit code ${code}` : `SIG${signal}`;
  }
}

const readerOf = (child: ReturnType<typeof spawnChild>) => child.stdout.getReader();

function after(milliseconds: number): { timer: Timer; late: Promise<typeof NO_ANSWER> } {
  const { promise, resolve } = Promise.withResolvers<typeof NO_ANSWER>();
  return { timer: setTimeout(() => resolve(NO_ANSWER), milliseconds), late: promise };
}
