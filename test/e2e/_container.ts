import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type BootOptions, nextName, runArguments, writePrograms } from "./_arguments.ts";
import { containerLogs, execInContainer, inspectContainer, manage } from "./_engine.ts";
import { must, type Result, run, untrack, waitFor, type WaitOptions } from "./_run.ts";
import { ssh, type SshOptions } from "./_ssh.ts";

export interface ExecOptions {
  stdin?: string | Uint8Array<ArrayBuffer>;
  user?: string;
  env?: Record<string, string>;
  cwd?: string;
  tty?: boolean;
}

export interface ContainerState {
  Status: string;
  Running: boolean;
  OOMKilled: boolean;
  Pid: number;
  ExitCode: number;
  Health?: { Status: string; Log: { ExitCode: number; Output: string }[] };
}

interface Network {
  Networks: Record<string, { IPAddress: string }>;
}

/** A running container; `await using` removes it. */
export class Container implements AsyncDisposable {
  readonly id: string;
  readonly #programs: string | undefined;

  constructor(id: string, programs?: string) {
    this.id = id;
    this.#programs = programs;
  }

  async exec(argv: string[], { stdin, user, env, cwd, tty }: ExecOptions = {}): Promise<Result> {
    if (stdin === undefined && !tty) {
      const result = await execInContainer(this.id, { argv, user, env, cwd });
      if (result !== undefined) return result;
    }
    const options = [
      ...(stdin === undefined ? [] : ["--interactive"]),
      ...(tty ? ["--tty"] : []),
      ...(user === undefined ? [] : ["--user", user]),
      ...(cwd === undefined ? [] : ["--workdir", cwd]),
      ...Object.entries(env ?? {}).flatMap(([name, value]) => ["--env", `${name}=${value}`]),
    ];
    return await run(["docker", "exec", ...options, this.id, ...argv], { stdin });
  }

  /** Runs a bash script in the container that has to succeed; gives its output without the last newline. */
  async sh(script: string, options: ExecOptions = {}): Promise<string> {
    const { stdout, stderr, code } = await this.exec(["bash", "-c", script], options);
    if (code !== 0) throw new Error(`"${script}" ended with ${code}: ${stderr.trim() || stdout.trim()}`);
    return stdout.replace(/\n$/, "");
  }

  /** Waits until a condition of bash holds in the container, asked there: each call of docker takes time of all tests. */
  async until(condition: string): Promise<void> {
    const script = `until ${condition}; do sleep 0.05; done`;
    const { code, stderr } = await this.exec(["timeout", "60", "bash", "-c", script]);
    if (code !== 0) throw new Error(`Waited in vain until ${condition} (${code}): ${stderr.trim()}`);
  }

  read(path: string): Promise<string> {
    return this.sh('cat -- "$FILE"; echo', { env: { FILE: path } });
  }

  /** Everything the container has written to its standard output and error, in order. */
  async logs(): Promise<string> {
    return await containerLogs(this.id);
  }

  async state(): Promise<ContainerState> {
    return (await inspectContainer(this.id))["State"] as ContainerState;
  }

  async health(): Promise<string> {
    return (await this.state()).Health?.Status ?? "none";
  }

  /** Address on the engine's bridge; another one after each start. */
  async ip(): Promise<string> {
    const { Networks } = (await inspectContainer(this.id))["NetworkSettings"] as Network;
    return Object.values(Networks)
      .map(({ IPAddress }) => IPAddress)
      .join("");
  }

  /** `docker stop`: the exit code, and how long it took. */
  async stop(seconds = 10): Promise<{ code: number; ms: number }> {
    const start = performance.now();
    await manage(`POST ${this.id}/stop?t=${seconds}`, ["stop", "--time", String(seconds), this.id]);
    const ms = performance.now() - start;
    return { code: (await this.state()).ExitCode, ms };
  }

  /** How long the stop took by the log; what docker takes for its part says nothing about us. */
  async stopMilliseconds(): Promise<number> {
    const log = await this.waitLog(/^\w+ \| \S+ info init stopped$/m);
    const at = (what: string) =>
      Date.parse(new RegExp(`^\\w+ \\| (\\S+) info init ${what}\\b`, "m").exec(log)?.[1] ?? "");
    return at("stopped") - at("stopping");
  }

  async kill(signal = "KILL"): Promise<void> {
    await manage(`POST ${this.id}/kill?signal=${signal}`, ["kill", "--signal", signal, this.id]);
  }

  /** Waits until the main process has ended; its exit code. */
  async wait(): Promise<number> {
    // {"StatusCode":0} on the socket, a bare number by the client.
    return Number(/\d+/.exec(await manage(`POST ${this.id}/wait`, ["wait", this.id]))?.[0]);
  }

  async start(): Promise<void> {
    await manage(`POST ${this.id}/start`, ["start", this.id]);
  }

  async restart(seconds = 10): Promise<void> {
    await manage(`POST ${this.id}/restart?t=${seconds}`, ["restart", "--time", String(seconds), this.id]);
  }

  /** Waits until `ai-dock health` is content; a container that ends instead fails at once, with its log. */
  async waitReady(options: Pick<WaitOptions, "limit"> = {}): Promise<this> {
    let last: Result | undefined;
    const detail = async () => `${last?.stdout ?? ""}${last?.stderr ?? ""}\n--- log\n${await this.logs()}`;
    const ended = await waitFor(
      async () => {
        last = await this.exec(["ai-dock", "health"]);
        return last.code === 0 ? "ready" : !(await this.state()).Running && "ended";
      },
      { what: "ai-dock health to exit with 0", detail, ...options },
    );
    if (ended === "ended") throw new Error(`The container ended before it was ready\n${await detail()}`);
    return this;
  }

  async ssh(command: string | undefined, options: SshOptions): Promise<Result> {
    return await ssh(await this.ip(), command, options);
  }

  /** Waits until the container's log holds `text`. */
  async waitLog(text: string | RegExp, options: Pick<WaitOptions, "limit"> = {}): Promise<string> {
    const holds = (log: string) => (typeof text === "string" ? log.includes(text) : text.test(log));
    return await waitFor(
      async () => {
        const log = await this.logs();
        return holds(log) && log;
      },
      { what: `${String(text)} in the log`, detail: () => this.logs(), ...options },
    );
  }

  /** Writes or replaces a drop-in of a container that was booted with `programs`. */
  writeProgram(name: string, text: string): void {
    if (this.#programs === undefined) throw new Error("Boot the container with the option `programs` first");
    writeFileSync(join(this.#programs, name), text);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // One that has removed itself is as gone as any other.
    await manage(`DELETE ${this.id}?force=1&v=1`, ["rm", "--force", "--volumes", this.id]).catch(
      () => undefined,
    );
    untrack(this.id);
  }
}

/** Boots the image in the background. */
export async function boot(options: BootOptions = {}): Promise<Container> {
  const programs = writePrograms(options);
  const name = nextName();
  const argv = [
    "docker",
    "run",
    "--pull",
    "never",
    "--detach",
    "--name",
    name,
    ...runArguments(options, programs),
  ];
  await must(argv);
  return new Container(name, programs);
}
