import { fstatSync, ftruncateSync, statSync, writeSync } from "node:fs";
import { messageOf } from "../../errors.ts";
import { hangReason } from "../../sys/silent-mounts.ts";
import type { Backlog } from "./backlog.ts";
import { Generations } from "./generations.ts";
import { closeLog, noteOpen, openScarceLog } from "./open-logs.ts";
import { copyAside, rotate } from "./rotate.ts";
import { TimeNotes } from "../times.ts";

/**
 * How long a log that cannot be written is left alone before the next try, and how often a file in use is
 * checked for having been moved, deleted or truncated by someone else; both only as bytes come.
 */
const CHECK_MS = 1000;
/** A write that reaches the limit of a file exceeds it by less than this. */
const MOST_ABOVE = 128 * 1024;

export interface LogFileOptions {
  path: string;
  /** Size at which the file is rotated; 0 never rotates. */
  maxBytes: number;
  /** Generations kept as PATH.1 … PATH.backups; with 0 the full file is truncated. */
  backups: number;
  /** Called once when the log cannot be written, and once when writing works again. */
  warn: (message: string) => void;
  /** Keep notes of write times, for `logs --since` and for the order of several logs. */
  times?: boolean;
  checkMs?: number;
}

/**
 * A log file: appended to, rotated by size under supervisord's names and rules. No error reaches the caller: a full disk
 * or missing directory costs log bytes, never the program.
 */
export class LogFile {
  readonly path: string;
  readonly #options: LogFileOptions;
  #limits: Pick<LogFileOptions, "maxBytes" | "backups">;
  readonly #checkMs: number;
  readonly #times: TimeNotes | undefined;
  #fd = -1;
  #inode = 0;
  #size = 0;
  #isRegular = false;
  readonly #generations = new Generations();
  /** The path cannot be renamed: a rotation copies the file and truncates it. */
  #isFixed = false;
  /** A rotation waits for a backlog. */
  #isOverdue = false;
  #failed = false;
  /** Bytes that were dropped until now, and until the last time that writing worked. */
  droppedBytes = 0;
  #droppedBefore = 0;
  /** Next retry of a failed file, or next check of one in use (performance.now()). */
  #checkAt = 0;

  constructor(options: LogFileOptions) {
    this.path = options.path;
    this.#options = options;
    this.#limits = options;
    this.#checkMs = options.checkMs ?? CHECK_MS;
    this.#times = options.times ? new TimeNotes(options.path) : undefined;
  }

  /** Creates the file, for readers; closed until its first byte, as each descriptor of ours slows down every spawn. */
  create(): void {
    this.#whileOpen(() => {});
  }

  /** Appends bytes and rotates when the file is full. Where the bytes are is added to the backlog. */
  write(bytes: Uint8Array, backlog?: Backlog): void {
    for (let start = 0; start < bytes.byteLength;) {
      const room = Math.max(MOST_ABOVE, this.#limits.maxBytes - this.#size);
      const end = this.#limits.maxBytes === 0 ? bytes.byteLength : start + room;
      this.#append(start === 0 && end >= bytes.byteLength ? bytes : bytes.subarray(start, end), backlog);
      start = end;
    }
  }

  /** True when bytes can be read again from what write() has written: a file, which is not failing. */
  get canBuffer(): boolean {
    return !this.#failed && (this.#fd === -1 || this.#isRegular);
  }

  /** True when the file is full and not rotated: a backlog needs what would be dropped. */
  get isHeld(): boolean {
    return this.#isOverdue && this.#generations.needs(this.#oldestAge);
  }

  /** Lets a rotation drop what a backlog needs. */
  release(): void {
    this.#generations.giveUp(this.#oldestAge);
  }

  /** The age of the generation that the next rotation drops. */
  get #oldestAge(): number {
    return this.#isFixed ? 0 : this.#limits.backups;
  }

  /** Changes the limits of rotation. */
  setLimits({ maxBytes, backups }: Pick<LogFileOptions, "maxBytes" | "backups">): void {
    this.#limits = { maxBytes, backups };
  }

  /** Reopens the path, after a tool such as logrotate has moved the file away. */
  reopen(): void {
    this.close();
    this.create();
  }

  /** Truncates the file; generations stay. */
  clear(): void {
    this.#whileOpen(() => {
      if (this.#isRegular) this.#truncate();
    });
  }

  /** Closes the file; a later write opens it again. */
  close(): void {
    if (this.#fd === -1) return;
    const fd = this.#fd;
    this.#fd = -1;
    closeLog(this, fd);
  }

  /** Opens the file, and closes it again where it was closed before. */
  #whileOpen(act: () => void): void {
    const wasClosed = this.#fd === -1;
    try {
      if (wasClosed) this.#open();
      act();
      // The reader of a FIFO would see its end; a failed file has recovered once bytes are in it.
      if (wasClosed && this.#isRegular && !this.#failed) this.close();
    } catch (error) {
      this.#fail(error, 0);
    }
  }

  #append(bytes: Uint8Array, backlog: Backlog | undefined): void {
    const now = performance.now();
    let written = 0;
    try {
      if (!this.#isReady(now)) {
        this.droppedBytes += bytes.byteLength;
        backlog?.addBytes(bytes);
        return;
      }
      if (this.#isOverdue) this.#rotateIfFull();
      this.#times?.note(now, this.#inode, this.#size);
      while (written < bytes.byteLength) {
        const count = writeSync(this.#fd, bytes, written, bytes.byteLength - written);
        const part = bytes.subarray(written, written + count);
        if (backlog !== undefined && this.#isRegular) this.#generations.note(this.#fd, part, backlog);
        else backlog?.addBytes(part);
        written += count;
        this.#size += count;
      }
      if (this.#failed) this.#recover();
      this.#rotateIfFull();
    } catch (error) {
      backlog?.addBytes(bytes.subarray(written));
      this.#fail(error, bytes.byteLength - written);
    }
  }

  /** Opens the file where necessary. False between two tries of a failed file. */
  #isReady(now: number): boolean {
    if (this.#fd !== -1) {
      if (now < this.#checkAt) return true;
      this.#checkAt = now + this.#checkMs;
      if (this.#isStillThere()) return true;
      this.close();
    } else if (this.#failed && now < this.#checkAt) return false;
    this.#open();
    return true;
  }

  #open(): void {
    // A hung write would block PID 1. A network mount of the provider's at the workspace itself is accepted.
    const obstacle = hangReason(this.path);
    if (obstacle !== undefined) throw new Error(obstacle);
    this.#fd = openScarceLog(this.path);
    this.#checkAt = performance.now() + this.#checkMs;
    const stat = fstatSync(this.#fd);
    this.#isRegular = stat.isFile();
    if (this.#isRegular) noteOpen(this);
    if (stat.ino !== this.#inode) this.#generations.moved();
    else if (stat.size < this.#size) this.#generations.lost();
    this.#inode = stat.ino;
    this.#size = stat.size;
  }

  /** False when the path leads to another file (moved, deleted). Notices a truncation by others. */
  #isStillThere(): boolean {
    const stat = statSync(this.path, { throwIfNoEntry: false });
    if (stat === undefined || stat.ino !== this.#inode) return false;
    if (stat.size < this.#size) this.#generations.lost();
    this.#size = stat.size;
    return true;
  }

  get #isFull(): boolean {
    const { maxBytes } = this.#limits;
    return maxBytes > 0 && this.#size >= maxBytes && this.#isRegular;
  }

  #rotateIfFull(): void {
    this.#isOverdue = this.#isFull && this.#generations.needs(this.#oldestAge);
    if (!this.#isFull || this.#isOverdue) return;
    const { backups } = this.#limits;
    if (backups === 0) return this.#truncate();
    if (!this.#isFixed && rotate(this.path, backups)) {
      this.#generations.rotated();
      this.close();
      this.#open();
      return;
    }
    // A bind-mounted file.
    this.#isFixed = true;
    this.#isOverdue = this.#generations.needs(0);
    if (this.#isOverdue) return;
    copyAside(this.path, this.#fd);
    this.#truncate();
  }

  #truncate(): void {
    ftruncateSync(this.#fd, 0);
    this.#size = 0;
    this.#generations.lost();
  }

  #fail(error: unknown, lost: number): void {
    this.droppedBytes += lost;
    this.#checkAt = performance.now() + this.#checkMs;
    this.close();
    if (this.#failed) return;
    // Set first: the warning may be written to this very file.
    this.#failed = true;
    this.#options.warn(
      `Cannot write log "${this.path}": ${messageOf(error)}; dropping its output until that is over`,
    );
  }

  #recover(): void {
    const dropped = this.droppedBytes - this.#droppedBefore;
    this.#failed = false;
    this.#droppedBefore = this.droppedBytes;
    this.#options.warn(`Writing log "${this.path}" again; ${dropped} bytes were dropped`);
  }
}
