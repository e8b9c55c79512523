import { spawnSync } from "node:child_process";
import { lstatSync, mkdirSync, mkdtempSync, readdirSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";

const MAIN = resolve(import.meta.dir, "../../../src/main.ts");

/** An image with an app and a list of what belongs where, and a workspace with a storage. */
export class Place implements Disposable {
  readonly base = mkdtempSync(join(tmpdir(), "storage-"));
  readonly workspace = `${this.base}/workspace/`;
  readonly storage = `${this.workspace}storage`;
  readonly bundled = `${this.base}/bundled`;
  readonly app = `${this.base}/opt/App`;
  readonly mappings = `${this.base}/mappings.sh`;

  constructor() {
    mkdirSync(this.storage, { recursive: true });
    mkdirSync(this.app, { recursive: true });
    const { app } = this;
    this.map(`
      # A comment
      declare -A storage_map
      storage_map["sd/models/ckpt"]="${app}/models/checkpoints ${app}/other"
      storage_map["sd/models/lora"]="${app}/models/loras"
      storage_map["sd/models/vae"]="${app}/models/vae"
      storage_map["sd/models/vae_approx"]="${app}/models/upscale"
      storage_map["sd/models/esrgan"]="${app}/models/upscale"
    `);
  }

  map(script: string): void {
    writeFileSync(this.mappings, script);
  }

  /** Writes a file of the storage. */
  put(path: string, text = path): void {
    write(`${this.storage}/${path}`, text);
  }

  /** Writes a file of the app itself. */
  own(path: string, text = path): void {
    write(`${this.app}/${path}`, text);
  }

  command(...more: string[]): [string, ...string[]] {
    const options = [
      `--workspace=${this.workspace}`,
      `--mappings=${this.mappings}`,
      `--bundled=${this.bundled}`,
    ];
    return [process.execPath, MAIN, "storagemonitor", ...options, ...more];
  }

  /** One round; what it said. */
  link(prefix: string[] = []): string {
    const [file = "", ...words] = [...prefix, ...this.command("--once")];
    const { stdout, stderr, status } = spawnSync(file, words, { encoding: "utf8" });
    if (status !== 0) throw new Error(stdout + stderr);
    return stdout;
  }

  /** Every file and link of the app: its path, with where a link leads, from the storage if there. */
  seen(folder = this.app, prefix = ""): string[] {
    return readdirSync(folder)
      .toSorted()
      .flatMap((name) => {
        const path = `${folder}/${name}`;
        const stat = lstatSync(path, { throwIfNoEntry: false });
        if (stat === undefined) return [];
        if (stat.isDirectory()) return this.seen(path, `${prefix}${name}/`);
        if (!stat.isSymbolicLink()) return [`${prefix}${name}`];
        try {
          return [`${prefix}${name} -> ${readlinkSync(path).replace(`${this.storage}/`, "")}`];
        } catch {
          // It goes at this moment.
          return [];
        }
      });
  }

  [Symbol.dispose](): void {
    rmSync(this.base, { recursive: true, force: true });
  }
}

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

/** Waits until a value is as expected; fails with what it is at last. */
export async function until(read: () => unknown, expected: unknown): Promise<void> {
  const wanted = JSON.stringify(expected);
  const deadline = Date.now() + 20_000;
  while (JSON.stringify(read()) !== wanted) {
    if (Date.now() > deadline) throw new Error(`Expected ${wanted}, got ${JSON.stringify(read())}`);
    await Bun.sleep(5);
  }
}
