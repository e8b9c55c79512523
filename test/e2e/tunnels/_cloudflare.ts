import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { boot, type BootOptions, type Container, tempFolder } from "../harness.ts";

/** A token of the right shape; its secret must show nowhere. */
export const SECRET = "c2VjcmV0LW9mLXRoZS10dW5uZWw=";
export const TOKEN = Buffer.from(
  JSON.stringify({ a: "account", t: "3d5d8a14-7e4c-4f3c-9d1c-000000000001", s: SECRET }),
).toString("base64");

export interface Start {
  pid: number;
  time: number;
  argv: string[];
  env: Record<string, string>;
}

/** The stand-in for cloudflared (see test/fixtures) in place of the real one, and the world it meets. */
export class Cloudflare {
  readonly #folder = tempFolder();
  readonly #bin = tempFolder();

  constructor(mode = "ok") {
    this.mode(mode);
    const path = join(this.#bin, "cloudflared");
    const script = "exec -a cloudflared /usr/local/bin/bun /fixtures/cloudflared-standin-fixture.ts";
    writeFileSync(path, `#!/bin/bash\n${script} "$@"\n`);
    chmodSync(path, 0o755);
  }

  /** What the running ones and those to come meet from now on. */
  mode(mode: string): void {
    writeFileSync(join(this.#folder, "mode"), mode);
  }

  /** How it was started, each time. */
  starts(): Start[] {
    try {
      const text = readFileSync(join(this.#folder, "starts.jsonl"), "utf8");
      return text
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => JSON.parse(line) as Start);
    } catch {
      return [];
    }
  }

  boot(options: BootOptions): Promise<Container> {
    const mounts = [
      `${this.#folder}:/cloudflare`,
      `${join(this.#bin, "cloudflared")}:/usr/local/bin/cloudflared:ro`,
    ];
    return boot({ ...options, fixtures: true, mounts: [...mounts, ...(options.mounts ?? [])] });
  }
}

export interface ProgramRow {
  name: string;
  group: string;
  state: string;
  ready: boolean;
  pid: number | null;
  reason: string | null;
  note: string | null;
  facts: Record<string, unknown>;
}

export async function status(container: Container, id: string): Promise<ProgramRow | undefined> {
  const { stdout } = await container.exec(["ai-dock", "status", "--json"]);
  const programs = JSON.parse(stdout) as ProgramRow[];
  return programs.find(({ name, group }) => (name === group ? name : `${group}:${name}`) === id);
}

export interface TunnelRow {
  kind: string;
  url: string | null;
  target: string | null;
  service: string;
  ready: boolean;
  reason: string | null;
}

export async function tunnels(container: Container): Promise<TunnelRow[]> {
  return JSON.parse((await container.exec(["ai-dock", "tunnels", "--json"])).stdout) as TunnelRow[];
}
