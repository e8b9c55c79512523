import { errnoOf, messageOf } from "../../errors.ts";
import { workspaceOf } from "../../env/workspace.ts";
import { DirectoryHandle } from "../../sys/directory-handle.ts";
import { ensureDirectory } from "../../sys/fs.ts";
import type { Logger } from "../../log.ts";
import type { CommandOptions, RunCommand } from "../items/command-options.ts";
import { waitForLock } from "./lock.ts";
import type { ItemRecord } from "./record.ts";
import { Records } from "./records.ts";

/** The directory of records on the volume. */
export const VOLUME_DIRECTORY = ".ai-dock";
/** The directory of records of what lives and dies with the container. */
export const CONTAINER_DIRECTORY = "/var/lib/ai-dock";
/** Others pass through, and see no names: Caddy and the portal have their state below, as users of their own. */
const PASSAGE = 0o711;

/**
 * Records of what is on the volume are on the volume, so that a new container does nothing again; those of the rest are in
 * the container, since a new container lacks what they are about.
 */
export class Stores implements Disposable {
  readonly #workspace: string;
  readonly #handles: { volume?: DirectoryHandle; container?: DirectoryHandle } = {};
  readonly #volume: Records | undefined;
  readonly #container: Records | undefined;
  readonly #say: (line: string) => void;

  constructor(
    env: Record<string, string>,
    say: (line: string) => void,
    containerDirectory = CONTAINER_DIRECTORY,
  ) {
    this.#say = say;
    this.#workspace = workspaceOf(env);
    this.#volume = this.#open("volume", `${this.#workspace}${VOLUME_DIRECTORY}`, () => {
      using workspace = DirectoryHandle.open(this.#workspace);
      return workspace.enter(VOLUME_DIRECTORY, 0o700);
    });
    this.#container = this.#open("container", containerDirectory, () => {
      ensureDirectory(containerDirectory, PASSAGE);
      return DirectoryHandle.open(containerDirectory);
    });
  }

  get(key: string): ItemRecord | undefined {
    return this.#storeOf(key)?.all()[key];
  }

  /** Keeps a record; where that cannot be, the work is looked at again at the next run. */
  set(key: string, record: ItemRecord): void {
    try {
      this.#storeOf(key)?.set(key, record);
    } catch (error) {
      if (errnoOf(error) === undefined) throw error;
      this.#say(`${key}: no record of it can be kept: ${messageOf(error)}`);
    }
  }

  /** Removes a record, if there is one. */
  delete(key: string): void {
    try {
      this.#storeOf(key)?.delete(key);
    } catch (error) {
      if (errnoOf(error) === undefined) throw error;
    }
  }

  /**
   * Does work on what a key is about while nobody else does, another container on the volume included, or what a killed run
   * has left running. Throws when aborted while it waits.
   */
  async alone<Result, Context extends Holder>(
    key: string,
    context: Context,
    action: (context: Context) => Promise<Result>,
  ): Promise<Result> {
    const { signal, log } = context;
    const directory = this.#isOnVolume(key) ? this.#handles.volume : this.#handles.container;
    if (directory === undefined) return await action(context);
    const onWait = () => log.info("another item or process works on the same; waiting for its end");
    using lock = await waitForLock(directory, `.${nameOf(key)}.lock`, { signal, onWait });
    const { file } = lock;
    if (file === undefined) return await action(context);
    return await action({
      ...context,
      run: async (command: string[], options: CommandOptions = {}) =>
        context.run(command, { ...options, holds: file }),
    });
  }

  /** The keys of all records. */
  keys(): string[] {
    return [this.#volume, this.#container].flatMap((store) => Object.keys(store?.all() ?? {}));
  }

  [Symbol.dispose](): void {
    for (const handle of Object.values(this.#handles)) handle[Symbol.dispose]();
  }

  /** A key is `kind:path` where a path is what the item is about. */
  #storeOf(key: string): Records | undefined {
    return this.#isOnVolume(key) ? this.#volume : this.#container;
  }

  #isOnVolume(key: string): boolean {
    return key.slice(key.indexOf(":") + 1).startsWith(this.#workspace);
  }

  #open(kind: "volume" | "container", path: string, open: () => DirectoryHandle): Records | undefined {
    try {
      const handle = open();
      this.#handles[kind] = handle;
      return new Records(handle);
    } catch (error) {
      if (errnoOf(error) === undefined) throw error;
      this.#say(
        `"${path}": expected a directory for records, got ${messageOf(error)}; what is there already is found by looking`,
      );
      return undefined;
    }
  }
}

/** What works under a lock; commands that it runs keep the lock. */
interface Holder {
  signal: AbortSignal;
  log: Pick<Logger, "info">;
  run: RunCommand;
}

/** A name for a file that stands for a key. */
const nameOf = (key: string) => new Bun.CryptoHasher("sha256").update(key).digest("hex").slice(0, 16);
