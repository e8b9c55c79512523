import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { tmpdir } from "node:os";

const MAIN = resolve(import.meta.dir, "../../src/main.ts");

/** Mounts need the rights of root in a namespace of its own. */
export const canMount = Bun.spawnSync(["unshare", "--mount", "true"]).exitCode === 0;

/** A container without an init: `ai-dock provision apply` as a process, with the records of the container on their own. */
export class Machine {
  readonly folder: string;
  readonly volume: string;
  readonly #env: Record<string, string>;
  #records = "varlib";
  #starts = 0;

  constructor(env: Record<string, string> = {}, place = tmpdir()) {
    this.folder = mkdtempSync(join(place, "machine-"));
    this.volume = `${this.folder}/volume`;
    this.#env = env;
    mkdirSync(this.volume);
  }

  /** A new container on the same volume. */
  replace(): void {
    this.#records += "-new";
  }

  /** Starts an apply; `mount` are commands of the shell that come first, in its own mount namespace. */
  start(manifest: object, mount = ":") {
    const path = `${this.folder}/manifest-${this.#starts++}.json`;
    writeFileSync(path, JSON.stringify({ version: 1, ...manifest }));
    mkdirSync(`${this.folder}/${this.#records}`, { recursive: true });
    // Two containers have the state for others, and their records, each for itself.
    const script = `set -e; mount -t tmpfs tmpfs /run; mount --bind ${this.folder}/${this.#records} /var/lib; ${mount}; exec "$@"`;
    const child = Bun.spawn(
      ["unshare", "--mount", "sh", "-c", script, "sh", process.execPath, MAIN, "provision", "apply", path],
      {
        stdout: "pipe",
        stderr: "inherit",
        env: {
          PATH: process.env["PATH"] ?? "",
          HOME: this.folder,
          WORKSPACE: `${this.volume}/`,
          PROVISIONER_RETRY_MAX: "0",
          ...this.#env,
        },
      },
    );
    const output = new Response(child.stdout).text();
    return { child, output, ended: async () => ({ code: await child.exited, output: await output }) };
  }

  async run(manifest: object, mount?: string): Promise<{ code: number; output: string }> {
    return this.start(manifest, mount).ended();
  }
}
