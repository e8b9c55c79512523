import { stat, statfs } from "node:fs/promises";

/** How full a file system is, in bytes; the total is what someone without privileges may use. */
export interface Disk {
  path: string;
  usedBytes: number;
  totalBytes: number;
}

/** Looks at the file systems of some paths. A network mount that hangs is left out, and asked again once it has answered. */
export class Disks {
  readonly #hanging = new Set<string>();
  readonly #last = new Map<string, Disk & { dev: number }>();

  /** What is known within `milliseconds`; one entry for each file system. */
  async look(paths: string[], milliseconds = 500): Promise<Disk[]> {
    const late = Bun.sleep(milliseconds);
    await Promise.all(paths.map(async (path) => await Promise.race([this.#ask(path), late])));
    const seen = new Set<number>();
    return paths.flatMap((path) => {
      const disk = this.#last.get(path);
      if (disk === undefined || this.#hanging.has(path) || seen.has(disk.dev)) return [];
      seen.add(disk.dev);
      return [{ path, usedBytes: disk.usedBytes, totalBytes: disk.totalBytes }];
    });
  }

  async #ask(path: string): Promise<void> {
    if (this.#hanging.has(path)) return;
    this.#hanging.add(path);
    try {
      const [{ bsize, blocks, bfree, bavail }, { dev }] = await Promise.all([statfs(path), stat(path)]);
      const usedBytes = (blocks - bfree) * bsize;
      this.#last.set(path, { path, dev, usedBytes, totalBytes: usedBytes + bavail * bsize });
    } catch {
      this.#last.delete(path);
    }
    this.#hanging.delete(path);
  }
}
