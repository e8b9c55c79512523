import { Doorbell } from "../../sys/doorbell.ts";
import { readInto, resizePipe, setNonblocking } from "../../sys/pipes.ts";

/** What a pipe's bytes are for. */
export interface PipeOwner {
  /** False holds the pipe back: nothing is read of it before resumePipe(). */
  canRead(): boolean;
  /** Takes bytes, which the next read overwrites. Must not throw. */
  take(bytes: Uint8Array): void;
  /** Every writer has closed the pipe, which is not read any more. */
  end(): void;
}

interface Pipe {
  readonly fd: number;
  readonly owner: PipeOwner;
  isHeld: boolean;
  isLarge: boolean;
}

const KIBIBYTE = 1024;
/** The kernel's size of a pipe. */
const PIPE_BYTES = 64 * KIBIBYTE;
/** A pipe is full with less than its size where a write does not fit into the rest of a page. */
const FULL_BYTES = 48 * KIBIBYTE;
/** The size for a pipe that was found full, and the kernel's limit for unprivileged users. */
const LARGE_PIPE_BYTES = 1024 * KIBIBYTE;
/** All pipes of a user share 64 MiB, across containers (pipe-user-pages-soft of pipe(7)). */
const MOST_LARGE_PIPES = 8;

/** Bytes that are read before signals, exits and clients get their turn; a few milliseconds of work. */
const TURN_BYTES = 2 * 1024 * KIBIBYTE;
/** Pipes that are read in one turn. */
const TURN_PIPES = 32;

/** Small writes gather in the pipe meanwhile: one read for hundreds of lines. */
const GATHER_MILLISECONDS = 1;
/** Two wake-ups within this time mean that more is to come. */
const BUSY_MILLISECONDS = 4;
/** Looks without a byte before everything sleeps again. */
const QUIET_LOOKS = 8;

const pipes = new Map<number, Pipe>();
const largePipes = new Set<Pipe>();
let buffer = new Uint8Array(PIPE_BYTES);
let doorbell: Doorbell | undefined;
let lastReadAt = 0;
let isBusy = false;
let quietLooks = 0;

/**
 * Reads a pipe until its end for `owner`. One reader serves all pipes, with one buffer and nothing per pipe that polls:
 * asleep while all are silent, and with a look a millisecond while any is busy.
 */
export function readPipe(fd: number, owner: PipeOwner): void {
  doorbell ??= new Doorbell(TURN_PIPES, wake);
  setNonblocking(fd);
  pipes.set(fd, { fd, owner, isHeld: false, isLarge: false });
  doorbell.add(fd);
}

/** Reads a pipe again that was held back. */
export function resumePipe(fd: number): void {
  const pipe = pipes.get(fd);
  if (pipe === undefined || !pipe.isHeld) return;
  readOnce(pipe, PIPE_BYTES);
  if (!pipes.has(fd) || !pipe.owner.canRead()) return;
  pipe.isHeld = false;
  doorbell?.add(fd);
}

function wake(): void {
  isBusy = performance.now() - lastReadAt < BUSY_MILLISECONDS;
  quietLooks = 0;
  look();
}

function look(): void {
  const found = readReady();
  quietLooks = found === "nothing" ? quietLooks + 1 : 0;
  if (found === "much") {
    isBusy = true;
    setImmediate(look);
  } else if (isBusy && quietLooks < QUIET_LOOKS) setTimeout(look, GATHER_MILLISECONDS);
  else sleep();
}

/** Reads once from every pipe that has something; "much" where the next look should not wait. */
function readReady(): "nothing" | "little" | "much" {
  const count = doorbell?.ready() ?? 0;
  if (count === 0) return "nothing";
  const most = Math.max(PIPE_BYTES, Math.floor(TURN_BYTES / count));
  let found: "little" | "much" = count === TURN_PIPES ? "much" : "little";
  for (let index = 0; index < count; index++) {
    const pipe = pipes.get(doorbell?.which(index) ?? -1);
    if (pipe === undefined) continue;
    if (!pipe.owner.canRead()) hold(pipe);
    else if (readOnce(pipe, most) >= (pipe.isLarge ? LARGE_PIPE_BYTES : PIPE_BYTES) / 2) found = "much";
  }
  lastReadAt = performance.now();
  return found;
}

function hold(pipe: Pipe): void {
  pipe.isHeld = true;
  doorbell?.remove(pipe.fd);
}

/** Reads at most so many bytes; how many there were. */
function readOnce(pipe: Pipe, most: number): number {
  const length = Math.min(most, pipe.isLarge ? LARGE_PIPE_BYTES : PIPE_BYTES);
  if (buffer.byteLength < length) buffer = new Uint8Array(LARGE_PIPE_BYTES);
  const count = readInto(pipe.fd, buffer, length);
  if (count > 0) {
    if (count >= FULL_BYTES && !pipe.isLarge) enlarge(pipe);
    pipe.owner.take(buffer.subarray(0, count));
  } else if (count === 0) end(pipe);
  return count;
}

function end(pipe: Pipe): void {
  if (!pipe.isHeld) doorbell?.remove(pipe.fd);
  pipes.delete(pipe.fd);
  largePipes.delete(pipe);
  pipe.owner.end();
}

function enlarge(pipe: Pipe): void {
  if (largePipes.size === MOST_LARGE_PIPES || !resizePipe(pipe.fd, LARGE_PIPE_BYTES)) return;
  pipe.isLarge = true;
  largePipes.add(pipe);
}

/** Gives back what a flood has needed. */
function sleep(): void {
  for (const pipe of largePipes) {
    // Refused as long as a pipe that is held back contains more.
    if (!resizePipe(pipe.fd, PIPE_BYTES)) continue;
    pipe.isLarge = false;
    largePipes.delete(pipe);
  }
  if (buffer.byteLength > PIPE_BYTES) buffer = new Uint8Array(PIPE_BYTES);
  doorbell?.arm();
}
