import { closeSync } from "node:fs";
import { endianness } from "node:os";
import { cString, libc, systemError } from "./libc.ts";

const IN_CLOEXEC = 0o2_000_000;
const IN_NONBLOCK = 0o4000;
const MOVED_FROM = 0x40;
const MOVED_TO = 0x80;
const CREATE = 0x100;
const DELETE = 0x200;
const OVERFLOW = 0x4000;
const IGNORED = 0x8000;
const ONLYDIR = 0x0100_0000;
const DONT_FOLLOW = 0x0200_0000;
const ISDIR = 0x4000_0000;

const POLLIN = 1;
const HEADER_BYTES = 16;
const isLittle = endianness() === "LE";

/** A change of one directory; `name` is the entry that has come or gone. */
export interface DirectoryEvent {
  watch: number;
  name: string;
  isDirectory: boolean;
}

/** inotify(7), for processes that only wait for it: entries of directories that come, go, or are renamed. */
export class Inotify implements Disposable {
  readonly #fd: number;
  readonly #buffer = Buffer.alloc(65_536);

  /** Throws with an errno `code`, EMFILE where the user has too many instances. */
  constructor() {
    this.#fd = libc.inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    if (this.#fd < 0) throw systemError("inotify_init1");
  }

  /** Watches a directory, not through a symlink; the number comes with its events. Throws with an errno `code`. */
  add(path: string): number {
    const mask = CREATE | DELETE | MOVED_FROM | MOVED_TO | ONLYDIR | DONT_FOLLOW;
    const watch = libc.inotify_add_watch(this.#fd, cString(path), mask);
    if (watch < 0) throw systemError("inotify_add_watch", path);
    return watch;
  }

  remove(watch: number): void {
    libc.inotify_rm_watch(this.#fd, watch);
  }

  /**
   * Blocks until there are events, or for so many milliseconds (-1: for ever). Undefined where some were lost, as when
   * more came than the kernel keeps.
   */
  wait(milliseconds: number): DirectoryEvent[] | undefined {
    const request = new Int32Array(new ArrayBuffer(8));
    request[0] = this.#fd;
    new DataView(request.buffer).setInt16(4, POLLIN, isLittle);
    if (libc.poll(request, 1n, milliseconds) <= 0) return [];
    const size = Number(libc.read(this.#fd, this.#buffer, BigInt(this.#buffer.byteLength)));
    const events: DirectoryEvent[] = [];
    const view = new DataView(this.#buffer.buffer, this.#buffer.byteOffset);
    for (let at = 0; at + HEADER_BYTES <= size;) {
      const mask = view.getUint32(at + 4, isLittle);
      const length = view.getUint32(at + 12, isLittle);
      if ((mask & OVERFLOW) !== 0) return undefined;
      const text = this.#buffer.toString("utf8", at + HEADER_BYTES, at + HEADER_BYTES + length);
      if ((mask & IGNORED) === 0)
        events.push({
          watch: view.getInt32(at, isLittle),
          name: text.slice(0, text.indexOf("\0")),
          isDirectory: (mask & ISDIR) !== 0,
        });
      at += HEADER_BYTES + length;
    }
    return events;
  }

  [Symbol.dispose](): void {
    closeSync(this.#fd);
  }
}
