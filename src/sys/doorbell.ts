import { closeSync, writeSync } from "node:fs";
import { libc, startThread } from "./libc.ts";
import { pipe } from "./pipes.ts";

// Bun polls a descriptor only through an object of its own with buffers for each one; thousands of pipes in one epoll
// instance need none, but Bun cannot wait for an epoll instance. A thread of a few instructions does: it waits until any
// descriptor is readable, sends SIGIO to this process, and waits for the answer before it looks again. One signal a round,
// whatever comes in meanwhile: O_ASYNC, which sends one for every write(2), could flood the queue that SIGTERM shares.

/** The thread. Its argument points to the words epoll fd, pid, answer fd, and a buffer at byte 16. */
const threads: Partial<Record<string, string>> = {
  // mov rbx, rdi; wait: epoll_wait([rbx], rbx+16, 1, -1); jle wait; kill([rbx+4], SIGIO); read([rbx+8], rbx+16, 1); jmp wait
  x64:
    "4889fb8b3b488d7310ba010000004183caffb8e80000000f0585c07ee68b7b04be1d000000b83e0000000f05" +
    "8b7b08488d7310ba0100000031c00f05ebc5",
  // mov x19, x0; wait: epoll_pwait([x19], x19+16, 1, -1, 0); b.le wait; kill([x19+4], SIGIO); read([x19+8], x19+16, 1); b wait
  arm64:
    "f30300aa600240b9614200912200805203008012040080d2c80280d2010000d41f0000710dffff54600640b9" +
    "a10380d2281080d2010000d4600a40b961420091220080d2e80780d2010000d4eeffff17",
};

/** How often is looked where there can be no such thread. */
const LOOK_MILLISECONDS = 20;

const EPOLL_CTL_ADD = 1;
const EPOLL_CTL_DEL = 2;
const EPOLLIN = 1;
const EPOLL_CLOEXEC = 0o2_000_000;
/** struct epoll_event is packed on x86-64 only. */
const EVENT_BYTES = process.arch === "x64" ? 12 : 16;
const DATA_OFFSET = EVENT_BYTES - 8;

/** Rings when any of many descriptors becomes readable, and tells which. */
export class Doorbell {
  readonly #epoll = libc.epoll_create1(EPOLL_CLOEXEC);
  readonly #ring: () => void;
  readonly #events: Buffer;
  readonly #event = Buffer.from(new ArrayBuffer(EVENT_BYTES));
  readonly #answer: number | undefined;
  #isArmed = true;

  /** `most` is how many descriptors ready() tells of at once. */
  constructor(most: number, ring: () => void) {
    this.#ring = ring;
    this.#events = Buffer.from(new ArrayBuffer(most * EVENT_BYTES));
    this.#answer = this.#start();
    if (this.#answer === undefined) setInterval(() => this.#ringOnce(), LOOK_MILLISECONDS).unref();
  }

  add(fd: number): void {
    this.#event.writeUInt32LE(EPOLLIN, 0);
    this.#event.writeUInt32LE(fd, DATA_OFFSET);
    libc.epoll_ctl(this.#epoll, EPOLL_CTL_ADD, fd, this.#event);
  }

  remove(fd: number): void {
    libc.epoll_ctl(this.#epoll, EPOLL_CTL_DEL, fd, this.#event);
  }

  /** How many descriptors are readable now, or have no writer any more; which(0) and so on name them. */
  ready(): number {
    const { byteLength } = this.#events;
    return Math.max(0, libc.epoll_wait(this.#epoll, this.#events, byteLength / EVENT_BYTES, 0));
  }

  which(index: number): number {
    return this.#events.readUInt32LE(index * EVENT_BYTES + DATA_OFFSET);
  }

  /** After a ring: the next one comes as soon as a descriptor is readable, at once if one is. */
  arm(): void {
    if (this.#isArmed) return;
    this.#isArmed = true;
    if (this.#answer !== undefined) writeSync(this.#answer, "!");
  }

  #ringOnce(): void {
    if (!this.#isArmed) return;
    this.#isArmed = false;
    this.#ring();
  }

  /** Starts the thread; the descriptor for answers, or undefined where there can be no thread. */
  #start(): number | undefined {
    const code = threads[process.arch];
    if (code === undefined) return undefined;
    // Before the thread: the default action of SIGIO ends the process.
    process.on("SIGIO", () => this.#ringOnce());
    const { read, write } = pipe();
    const data = Buffer.alloc(32);
    for (const [index, word] of [this.#epoll, process.pid, read].entries())
      data.writeInt32LE(word, index * 4);
    if (startThread(Buffer.from(code, "hex"), data)) return write;
    closeSync(read);
    closeSync(write);
    return undefined;
  }
}
