import {
  closeSync,
  constants,
  fdatasync,
  fstatSync,
  fsync,
  lstatSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
} from "node:fs";
import { promisify } from "node:util";
import { allocateFile } from "../../sys/allocate.ts";
import type { DirectoryHandle } from "../../sys/directory-handle.ts";
import { lockFile } from "../../sys/lock.ts";
import { giveFile, type Owner } from "../ownership.ts";
import { DownloadError } from "./error.ts";
import { Journal, OPEN_FLAGS, openOwn, type Subject, writeAll } from "./journal.ts";
import { partNames } from "./names.ts";
import { requireSpace } from "./space.ts";

const syncData = promisify(fdatasync);
const syncAll = promisify(fsync);

/** The umask, or the default ACL of the directory, narrows that. */
const MODE = 0o666;
/** Whoever owns the directory could put another file there each time. */
const MOST_TRIES = 10;

/**
 * The file that is being downloaded, under a hidden name beside its target, with its journal. Held by a lock, which other
 * containers on the volume respect. Methods throw with an errno `code`.
 */
export class Part implements Disposable {
  readonly #directory: DirectoryHandle;
  readonly #name: string;
  readonly #fd: number;
  /** Undefined while nothing is to be resumed. */
  #journal: Journal | undefined;

  private constructor(directory: DirectoryHandle, name: string, fd: number) {
    this.#directory = directory;
    this.#name = name;
    this.#fd = fd;
    this.#journal = this.#findJournal();
  }

  /** The journal that belongs to this very part. */
  #findJournal(): Journal | undefined {
    const fd = openOwn(this.#path(partNames(this.#name).journal));
    if (fd === undefined) return undefined;
    const journal = Journal.resume(fd);
    // A new part, or one that somebody else has touched, has nothing of what the journal says.
    if (journal !== undefined && journal.subject.size === fstatSync(this.#fd).size) return journal;
    closeSync(fd);
    return undefined;
  }

  /** Opens the part of `name`, with what an earlier process has left of it. Throws DownloadError "busy" while another has it. */
  static open(directory: DirectoryHandle, name: string, tries = MOST_TRIES): Part {
    refuseDirectory(directory, name);
    const path = `${directory.path}/${partNames(name).part}`;
    const fd = openOwn(path) ?? createAnew(path);
    const isHeld = lockFile(fd);
    // Between open and lock, the one who had it may have renamed it to its target.
    if (isHeld && statSync(path, { throwIfNoEntry: false })?.ino === fstatSync(fd).ino)
      return new Part(directory, name, fd);
    closeSync(fd);
    if (isHeld && tries > 1) return Part.open(directory, name, tries - 1);
    throw new DownloadError("busy", `"${name}" is being downloaded by another process already`);
  }

  get fd(): number {
    return this.#fd;
  }

  get journal(): Journal | undefined {
    return this.#journal;
  }

  /** Makes room for a new file of that size and begins its journal. Throws DownloadError "no-space". */
  begin(subject: Subject): Journal {
    this.reset();
    this.allocate(subject.size);
    const path = this.#path(partNames(this.#name).journal);
    this.#journal = Journal.begin(openOwn(path) ?? createAnew(path), subject);
    return this.#journal;
  }

  /** Makes sure that what is missing of a resumed part still fits. */
  resume(): void {
    this.allocate(this.#journal?.subject.size ?? 0);
  }

  /** Forgets what is there. */
  reset(): void {
    this.#journal?.[Symbol.dispose]();
    this.#journal = undefined;
    rmSync(this.#path(partNames(this.#name).journal), { force: true });
    allocateFile(this.#fd, 0);
  }

  /** Makes room for a file without a journal. Throws DownloadError "no-space". */
  allocate(size: number): void {
    this.requireRoom(size);
    allocateFile(this.#fd, size);
  }

  /** Throws DownloadError "no-space" where it cannot grow to that size. */
  requireRoom(size: number): void {
    requireSpace(this.#fd, size, this.#shown);
  }

  write(bytes: Uint8Array, at: number): void {
    writeAll(this.#fd, bytes, at);
  }

  /** Brings to disk what is written, and records that. */
  async sync(): Promise<void> {
    const snapshot = this.#journal?.pieces.written.slice();
    await syncData(this.#fd);
    if (snapshot !== undefined) this.#journal?.recordSynced(snapshot);
  }

  /** Gives the whole file to `owner` and puts the file in place of whatever has its name, atomically and for good. */
  async finish(lastModified: string | undefined, owner: Owner | undefined): Promise<void> {
    giveFile(this.#fd, owner);
    const time = Date.parse(lastModified ?? "");
    if (!Number.isNaN(time)) utimesSync(`/proc/self/fd/${this.#fd}`, new Date(), new Date(time));
    await syncAll(this.#fd);
    renameSync(this.#path(partNames(this.#name).part), this.#path(this.#name));
    await this.#syncDirectory();
    rmSync(this.#path(partNames(this.#name).journal), { force: true });
  }

  remove(): void {
    for (const name of Object.values(partNames(this.#name))) rmSync(this.#path(name), { force: true });
  }

  [Symbol.dispose](): void {
    this.#journal?.[Symbol.dispose]();
    closeSync(this.#fd);
  }

  get #shown(): string {
    return `${this.#directory.location}/${this.#name}`;
  }

  #path(name: string): string {
    return `${this.#directory.path}/${name}`;
  }

  async #syncDirectory(): Promise<void> {
    const fd = openSync(this.#directory.path, constants.O_RDONLY | constants.O_DIRECTORY);
    try {
      await syncAll(fd);
    } catch {
      // Some network file systems have no fsync for directories.
    } finally {
      closeSync(fd);
    }
  }
}

/** Throws DownloadError where the file could not be put into place in the end. */
function refuseDirectory(directory: DirectoryHandle, name: string): void {
  if (lstatSync(`${directory.path}/${name}`, { throwIfNoEntry: false })?.isDirectory() !== true) return;
  throw new DownloadError(
    "target",
    `"${directory.location}/${name}": expected a file or nothing, got a directory`,
    {
      hint: "With a slash at its end, it is the directory for the file",
    },
  );
}

/** Creates a file in place of whatever has its name, never through a link. */
function createAnew(path: string): number {
  rmSync(path, { force: true });
  return openSync(path, OPEN_FLAGS | constants.O_CREAT | constants.O_EXCL, MODE);
}
