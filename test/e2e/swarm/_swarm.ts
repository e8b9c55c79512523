import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { must, run, tempFolder, waitFor } from "../harness.ts";
import { RUN_ID } from "../_run.ts";

const RENDER = resolve(import.meta.dir, "../../../scripts/lib/swarm.sh");
/** Starting three replicas one after the other, or stopping them, takes a while. */
const STACK_LIMIT_MS = 240_000;

/** One node that is a whole Swarm, for as long as this lives; one the engine is in already is used and stays. */
export async function openSwarm(): Promise<AsyncDisposable> {
  if ((await must(["docker", "info", "--format", "{{.Swarm.LocalNodeState}}"])) === "active")
    return { [Symbol.asyncDispose]: () => Promise.resolve() };
  const leave = ["docker", "swarm", "leave", "--force"];
  const atExit = () => void Bun.spawnSync(leave);
  process.on("exit", atExit);
  const bridges = await networks();
  await must(["docker", "swarm", "init", "--advertise-addr", "127.0.0.1"]);
  return {
    async [Symbol.asyncDispose]() {
      await must(leave);
      process.off("exit", atExit);
      // An engine keeps it when it leaves.
      const bridge = "docker_gwbridge";
      if (!bridges.includes(bridge)) await run(["docker", "network", "rm", bridge]);
    },
  };
}

async function networks(): Promise<string[]> {
  return (await must(["docker", "network", "ls", "--format", "{{.Name}}"])).split("\n");
}

/** A stack made of our compose files, as scripts/lib/swarm.sh prints them; gone with its volumes at the end. */
export class Stack implements AsyncDisposable {
  readonly name = RUN_ID;
  readonly secret = `${RUN_ID}-token`;
  readonly service = `${RUN_ID}_supervisor`;
  readonly #image: string;

  private constructor(image: string) {
    this.#image = image;
  }

  /** `token` becomes the secret that compose.swarm.yaml wants. */
  static async open(image: string, token: string): Promise<Stack> {
    const stack = new Stack(image);
    await must(["docker", "secret", "create", stack.secret, "-"], { stdin: token });
    return stack;
  }

  /** Deploys, or updates, with these variables, and waits until that has converged or failed. */
  async deploy(environment: Record<string, string>) {
    const override = `${tempFolder()}/override.yaml`;
    const service = { image: this.#image, environment };
    // JSON is YAML.
    const secrets = { cf_tunnel_token: { name: this.secret } };
    writeFileSync(override, JSON.stringify({ services: { supervisor: service }, secrets }));
    const text = await must([RENDER, "-f", override], { env: { COMPOSE_PROJECT_NAME: this.name } });
    const argv = ["stack", "deploy", "--resolve-image", "never", "--detach=false", "-c", "-", this.name];
    return await run(["docker", ...argv], { stdin: text });
  }

  /** Names of the running containers, the healthy ones only when so asked. */
  async containers(...filters: string[]): Promise<string[]> {
    const all = [`label=com.docker.stack.namespace=${this.name}`, ...filters];
    const argv = ["docker", "ps", "--quiet", ...all.flatMap((filter) => ["--filter", filter])];
    return (await must(argv)).split("\n").filter((id) => id !== "");
  }

  async healthy(): Promise<string[]> {
    return await this.containers("health=healthy");
  }

  /** What each replica answers to a command, sorted. */
  async each(...command: string[]): Promise<string[]> {
    const ids = await this.healthy();
    const answers = await Promise.all(ids.map((id) => must(["docker", "exec", id, ...command])));
    return answers.toSorted();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // The network may be in use by a task a moment longer than the service is there.
    await waitFor(async () => must(["docker", "stack", "rm", "--detach=false", this.name]), {
      what: "the stack to be removed",
      limit: STACK_LIMIT_MS,
    });
    const label = `label=com.docker.stack.namespace=${this.name}`;
    const left = async (...list: string[]) => await must(["docker", ...list, "--quiet", "--filter", label]);
    await waitFor(async () => (await left("ps", "--all")) === "", {
      what: "the containers of the stack to be gone",
      limit: STACK_LIMIT_MS,
    });
    await must(["docker", "secret", "rm", this.secret]);
    const volumes = (await left("volume", "ls")).split("\n").filter((name) => name !== "");
    if (volumes.length > 0) await must(["docker", "volume", "rm", ...volumes]);
  }
}
