import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  chownSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Outcome } from "../../../src/features/opt-sync/outcome.ts";

const MAIN = resolve(import.meta.dir, "../../../src/main.ts");

/** True where this process may own files as anybody and mount what it likes, in a mount namespace of its own. */
export const canMount = process.getuid?.() === 0 && spawnSync("unshare", ["-m", "true"]).status === 0;

/** True where it may mount an image of a disk, too. */
export const canLoop =
  canMount &&
  ["mkfs.ext2 -V", "losetup -f"].every((command) => spawnSync("sh", ["-c", command]).status === 0);

export const must = (...command: [string, ...string[]]) => {
  const { status, stderr } = spawnSync(command[0], command.slice(1), { encoding: "utf8" });
  if (status !== 0) throw new Error(`${command.join(" ")}: ${stderr}`);
};

export interface PlaceOptions {
  /** The container's /opt as an overlay, with the app in its lower layer, as in an image. */
  overlay?: boolean;
  /** Options of a tmpfs at the workspace. */
  tmpfs?: string;
  /** An ext2 of old at the workspace, which counts times in seconds. */
  seconds?: boolean;
  files?: number;
}

/** An image with an app in /opt, a container of it, and a volume. */
export class Place implements Disposable {
  readonly base = mkdtempSync(join(tmpdir(), "opt-sync-"));
  readonly workspace = `${this.base}/workspace/`;
  readonly image = `${this.base}/image`;
  opt: string;
  /** When the container began. */
  since = 0;
  readonly #overlay: boolean;
  readonly #mounts: string[] = [];
  #containers = 0;

  constructor({ overlay = false, tmpfs, seconds = false, files = 40 }: PlaceOptions = {}) {
    this.#overlay = overlay;
    // In memory, where a sync of the file system waits for nobody else's files.
    this.mount("-t", "tmpfs", "tmpfs", this.base);
    mkdirSync(this.workspace);
    if (tmpfs !== undefined) this.mount("-t", "tmpfs", "-o", tmpfs, "tmpfs", this.workspace);
    if (seconds) {
      must("mkfs.ext2", "-q", "-I", "128", `${this.base}/disk`, "64m");
      this.mount("-o", "loop", `${this.base}/disk`, this.workspace);
      rmSync(`${this.workspace}lost+found`, { recursive: true });
    }
    makeApp(`${this.image}/App`, files);
    this.opt = this.newContainer();
  }

  /** A new container of the image; the one from before is gone. */
  newContainer(): string {
    const container = `${this.base}/container${++this.#containers}`;
    this.opt = `${container}/opt`;
    mkdirSync(this.opt, { recursive: true });
    if (this.#overlay) {
      for (const name of ["upper", "work"]) mkdirSync(`${container}/${name}`);
      const layers = `lowerdir=${this.image},upperdir=${container}/upper,workdir=${container}/work`;
      this.mount("-t", "overlay", "-o", layers, "overlay", this.opt);
    } else must("cp", "-a", `${this.image}/.`, this.opt);
    this.since = Date.now() + 1;
    return this.opt;
  }

  mount(...words: string[]): void {
    must("mount", ...words);
    this.#mounts.push(words.at(-1) ?? "");
  }

  command(...names: string[]): [string, ...string[]] {
    const { workspace, opt, since, base } = this;
    const options = [`--workspace=${workspace}`, `--opt=${opt}`, `--since=${since}`, "--patience=5"];
    return [process.execPath, MAIN, "opt-sync", ...options, `--outcomes=${base}/outcomes.json`, ...names];
  }

  /** A boot that goes to its end: what has become of the app, and what was said. */
  sync(name = "App", prefix: string[] = []): { outcome: Outcome; said: string } {
    rmSync(`${this.base}/outcomes.json`, { force: true });
    const [file = "", ...words] = [...prefix, ...this.command(name)];
    const { stdout, stderr } = spawnSync(file, words, { encoding: "utf8" });
    const [outcome] = JSON.parse(readFileSync(`${this.base}/outcomes.json`, "utf8")) as Outcome[];
    if (outcome === undefined) throw new Error(stdout + stderr);
    return { outcome, said: stdout + stderr };
  }

  /** A boot that is killed after so many milliseconds, if it has not ended before. True when it was killed. */
  async syncAndKill(milliseconds: number): Promise<boolean> {
    const [file, ...words] = this.command("App");
    const child = spawn(file, words, { stdio: "ignore" });
    const { promise, resolve: end } = Promise.withResolvers<string | null>();
    child.on("exit", (_, signal) => end(signal));
    const timer = setTimeout(() => child.kill("SIGKILL"), milliseconds);
    const signal = await promise;
    clearTimeout(timer);
    return signal === "SIGKILL";
  }

  [Symbol.dispose](): void {
    for (const path of this.#mounts.toReversed()) spawnSync("umount", ["-l", path]);
    rmSync(this.base, { recursive: true, force: true });
  }
}

const OLD = new Date("2021-03-04T05:06:07.890Z");

/** Files of many sizes, links of both kinds, odd owners and modes, an empty directory. */
function makeApp(path: string, files: number): void {
  mkdirSync(`${path}/models/empty`, { recursive: true });
  mkdirSync(`${path}/private`, { mode: 0o700 });
  writeFileSync(`${path}/private/key`, "root's", { mode: 0o600 });
  for (let index = 0; index < files; index++) {
    const folder = `${path}/part${index % 7}/deep`;
    mkdirSync(folder, { recursive: true });
    const file = `${folder}/${index} ü "file".bin`;
    writeFileSync(file, Buffer.alloc((index * 7919) % 90_000, `${index}:`));
    chmodSync(file, [0o644, 0o600, 0o755, 0o664][index % 4] ?? 0);
    chownSync(file, index % 3 === 0 ? 1000 : 0, 1111);
    utimesSync(file, OLD, new Date(OLD.getTime() + index * 1001));
  }
  writeFileSync(`${path}/large`, Buffer.alloc(3_000_000, "large"));
  writeFileSync(`${path}/setuid`, "#!/bin/sh\n");
  chmodSync(`${path}/setuid`, 0o4755);
  linkSync(`${path}/large`, `${path}/models/hard`);
  symlinkSync("../large", `${path}/models/soft`);
  symlinkSync("/nowhere", `${path}/dangling`);
  writeFileSync(`${path}/sparse`, "");
  truncateSync(`${path}/sparse`, 4_000_000);
  writeFileSync(`${path}/main.py`, "print('app')\n");
  chownSync(`${path}/models`, 0, 1111);
  chmodSync(`${path}/models`, 0o2775);
}

/** One line for each entry of a tree: type, mode, owner, time, content; what a move must keep. */
export function digest(path: string, prefix = ""): string[] {
  return readdirSync(path)
    .toSorted()
    .flatMap((name) => {
      if (name === ".move_complete") return [];
      const full = `${path}/${name}`;
      const stat = lstatSync(full);
      const line = `${prefix}${name} ${stat.mode.toString(8)} ${stat.uid}:${stat.gid}`;
      if (stat.isSymbolicLink()) return [`${line} -> ${readlinkSync(full)}`];
      const dated = `${line} ${Math.round(stat.mtimeMs)}`;
      if (stat.isDirectory()) return [dated, ...digest(full, `${prefix}${name}/`)];
      const hash = createHash("sha256").update(readFileSync(full)).digest("hex");
      return [`${dated} ${stat.nlink} ${hash}`];
    });
}
