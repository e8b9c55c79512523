import { type BootOptions, nextName, runArguments } from "./_arguments.ts";
import { type Result, run, untrack, waitFor } from "./_run.ts";

/** `docker run` in the foreground, to its end: for main processes with a pipe on standard input. */
export async function runAttached(options: BootOptions & { stdin?: string } = {}): Promise<Result> {
  const name = nextName();
  const { stdin, ...rest } = options;
  const interactive = stdin !== undefined;
  try {
    const argv = [
      "docker",
      "run",
      "--pull",
      "never",
      "--rm",
      "--name",
      name,
      ...runArguments({ ...rest, interactive }),
    ];
    return await run(argv, { stdin });
  } finally {
    untrack(name);
  }
}

/** `docker run --tty` on a real terminal of this machine. */
export function runTerminal(options: BootOptions = {}): Terminal {
  const name = nextName();
  const rest = runArguments({ ...options, tty: true, interactive: true });
  return new Terminal(["docker", "run", "--pull", "never", "--rm", "--name", name, ...rest], name);
}

/** A program on a pseudo-terminal, as a user has one. */
export class Terminal implements AsyncDisposable {
  /** Everything shown so far, control sequences included. */
  output = "";
  /** Name of the container, when the terminal is one of `runTerminal`. */
  readonly container: string | undefined;
  readonly #process: Bun.Subprocess;

  constructor(argv: string[], container?: string) {
    this.container = container;
    const decoder = new TextDecoder();
    this.#process = Bun.spawn(argv, {
      terminal: {
        cols: 80,
        rows: 24,
        data: (_, bytes) => {
          this.output += decoder.decode(bytes, { stream: true });
        },
      },
    });
  }

  write(text: string): void {
    this.#process.terminal?.write(text);
  }

  /** Takes effect in a container a moment later: its engine has to be told. */
  resize(columns: number, rows: number): void {
    this.#process.terminal?.resize(columns, rows);
  }

  async waitOutput(text: string | RegExp): Promise<void> {
    const holds = () => (typeof text === "string" ? this.output.includes(text) : text.test(this.output));
    await waitFor(holds, { what: `${String(text)} on the terminal`, detail: () => this.output });
  }

  /** Exit code of the program. */
  get exited(): Promise<number> {
    return this.#process.exited;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.kill("SIGKILL");
    await this.#process.exited;
    this.#process.terminal?.close();
    if (this.container === undefined) return;
    await run(["docker", "rm", "--force", "--volumes", this.container]);
    untrack(this.container);
  }
}
