import { rmSync } from "node:fs";
import { ensureDirectory, readIfExists, writeFileAtomic } from "../../sys/fs.ts";

/** What a container keeps from one of its boots to the next. */
export const STAYED_DIRECTORY = "/var/lib/ai-dock/opt-sync";

/** Since when programs of this container have used a directory of /opt that could not be moved, by its name. */
export class StayedRecord {
  readonly #directory: string;

  constructor(directory = STAYED_DIRECTORY) {
    this.#directory = directory;
  }

  /** In milliseconds; undefined where it was always moved. */
  since(name: string): number | undefined {
    const text = readIfExists(this.#path(name));
    // One that cannot be read is as good as the earliest.
    return text === undefined ? undefined : Number(text) || 0;
  }

  /** Keeps the earliest time. */
  keep(name: string): void {
    if (this.since(name) !== undefined) return;
    try {
      ensureDirectory(this.#directory, 0o755);
      writeFileAtomic(this.#path(name), `${Date.now()}\n`, 0o644);
    } catch {
      // Where the container cannot be written, nobody changes the directory either.
    }
  }

  forget(name: string): void {
    rmSync(this.#path(name), { force: true });
  }

  #path(name: string): string {
    return `${this.#directory}/${name}`;
  }
}
