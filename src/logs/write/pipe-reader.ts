import { Doorbell } from "../../sys/doorbell.ts";
import { pipeSize, readInto, resizePipe, setNonblocking } from "../../sys/pipes.ts";

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
  /** "hot": read at every look, without epoll, whose wake-ups a flood of small writes pays for. */
  state: "idle" | "hot" | "held";
  /** A read of so much means that the pipe was full, or nearly: the writer waits, or soon will. */
  fullBytes: number;
  /** Looks since the last byte, while the pipe is hot. */
  quietLooks: number;
}

const KIBIBYTE = 1024;
/** The kernel's size of a pipe. */
const PIPE_BYTES = 64 * KIBIBYTE;
/** A pipe is full with less than its size where a write does not fit into the rest of a page. */
const FULL = 0.75;
/** No more is waited for, however large the pipe is. */
const FULL_BYTES = FULL * PIPE_BYTES;
/** The size of a hot pipe, and the kernel's limit for unprivileged users. */
const HOT_PIPE_BYTES = 1024 * KIBIBYTE;
/** All pipes of a user share 64 MiB, across containers (pipe-user-pages-soft of pipe(7)). */
const MOST_HOT_PIPES = 8;

/** Bytes that are read before signals, exits and clients get their turn; a millisecond or two of work. */
const TURN_BYTES = 1024 * KIBIBYTE;
/** Pipes of which epoll tells in one turn. */
const TURN_PIPES = 32;

/** Small writes gather in the pipe meanwhile: one read for hundreds of lines. */
const GATHER_MILLISECONDS = 1;
/** A pipe of a page or two is looked at without a pause for so long: its writer fills it in less than a millisecond. */
const TIGHT_MILLISECONDS = 0.3;
/** Two wake-ups within this time mean that more is to come. */
const BUSY_MILLISECONDS = 4;
/** Looks without a byte before everything sleeps again. */
const QUIET_LOOKS = 8;

const pipes = new Map<number, Pipe>();
const hotPipes = new Set<Pipe>();
let buffer = new Uint8Array(PIPE_BYTES);
let doorbell: Doorbell | undefined;
let lastReadAt = 0;
let lastTightAt = 0;
let isBusy = false;
let quietLooks = 0;

/**
 * Reads a pipe until its end for `owner`. One reader serves all pipes, with one buffer and nothing per pipe that polls:
 * asleep while all are silent, and with a look a millisecond while any is busy.
 */
export function readPipe(fd: number, owner: PipeOwner): void {
  doorbell ??= new Doorbell(TURN_PIPES, wake);
  setNonblocking(fd);
  pipes.set(fd, { fd, owner, state: "idle", fullBytes: fullBytes(fd), quietLooks: 0 });
  doorbell.add(fd);
}

/** Reads a pipe again that was held back. */
export function resumePipe(fd: number): void {
  const pipe = pipes.get(fd);
  if (pipe?.state !== "held") return;
  readOnce(pipe, PIPE_BYTES);
  if (!pipes.has(fd) || !pipe.owner.canRead()) return;
  pipe.state = "idle";
  doorbell?.add(fd);
}

/** Reads a pipe no more; the descriptor is the caller's to close. */
export function leavePipe(fd: number): void {
  const pipe = pipes.get(fd);
  if (pipe === undefined) return;
  setAside(pipe);
  pipe.state = "held";
  pipes.delete(fd);
}

function wake(): void {
  isBusy = performance.now() - lastReadAt < BUSY_MILLISECONDS;
  quietLooks = 0;
  look();
}

function fullBytes(fd: number): number {
  return Math.min(FULL_BYTES, FULL * pipeSize(fd));
}

function look(): void {
  const found = readAll();
  quietLooks = found === "nothing" ? quietLooks + 1 : 0;
  if (found === "much" || performance.now() - lastTightAt < TIGHT_MILLISECONDS) {
    isBusy = true;
    setImmediate(look);
  } else if (isBusy && quietLooks < QUIET_LOOKS) setTimeout(look, GATHER_MILLISECONDS);
  else sleep();
}

/** Reads once from every pipe that has something; "much" where the next look should not wait. */
function readAll(): "nothing" | "little" | "much" {
  const count = doorbell?.ready() ?? 0;
  if (count + hotPipes.size === 0) return "nothing";
  const most = Math.max(PIPE_BYTES, Math.floor(TURN_BYTES / (count + hotPipes.size)));
  let found: "nothing" | "little" | "much" = count === TURN_PIPES ? "much" : "nothing";
  // More than one writer can fill the processors: what waits in their pipes leaves some of that to others.
  let full = 0;
  const read = (pipe: Pipe) => {
    const bytes = readUnlessHeld(pipe, most);
    if (bytes >= pipe.fullBytes) {
      found = ++full > 1 ? "little" : "much";
      if (pipe.fullBytes < FULL_BYTES) lastTightAt = performance.now();
    } else if (bytes > 0 && found === "nothing") found = "little";
  };
  for (const pipe of hotPipes) read(pipe);
  for (let index = 0; index < count; index++) {
    const pipe = pipes.get(doorbell?.which(index) ?? -1);
    if (pipe !== undefined) read(pipe);
  }
  if (found !== "nothing") lastReadAt = performance.now();
  return found;
}

function readUnlessHeld(pipe: Pipe, most: number): number {
  if (!pipe.owner.canRead()) {
    setAside(pipe);
    pipe.state = "held";
    return 0;
  }
  const count = readOnce(pipe, most);
  if (count >= pipe.fullBytes && pipe.state === "idle") heat(pipe);
  if (pipe.state !== "hot") return Math.max(count, 0);
  pipe.quietLooks = count > 0 ? 0 : pipe.quietLooks + 1;
  if (pipe.quietLooks >= QUIET_LOOKS) cool(pipe);
  return Math.max(count, 0);
}

/** Reads at most so many bytes; how many there were, or -1. */
function readOnce(pipe: Pipe, most: number): number {
  const length = Math.min(most, pipe.state === "hot" ? HOT_PIPE_BYTES : PIPE_BYTES);
  if (buffer.byteLength < length) buffer = new Uint8Array(HOT_PIPE_BYTES);
  const count = readInto(pipe.fd, buffer, length);
  if (count > 0) pipe.owner.take(buffer.subarray(0, count));
  else if (count === 0) end(pipe);
  return count;
}

function end(pipe: Pipe): void {
  leavePipe(pipe.fd);
  pipe.owner.end();
}

/** Looks at a pipe no more. */
function setAside(pipe: Pipe): void {
  if (pipe.state === "idle") doorbell?.remove(pipe.fd);
  hotPipes.delete(pipe);
}

function heat(pipe: Pipe): void {
  if (hotPipes.size === MOST_HOT_PIPES) return;
  setAside(pipe);
  pipe.state = "hot";
  pipe.quietLooks = 0;
  hotPipes.add(pipe);
  // A refused one is hot all the same.
  resizePipe(pipe.fd, HOT_PIPE_BYTES);
  pipe.fullBytes = fullBytes(pipe.fd);
}

function cool(pipe: Pipe): void {
  setAside(pipe);
  pipe.state = "idle";
  resizePipe(pipe.fd, PIPE_BYTES);
  pipe.fullBytes = fullBytes(pipe.fd);
  doorbell?.add(pipe.fd);
}

/** Gives back what a flood has needed. */
function sleep(): void {
  for (const pipe of hotPipes) cool(pipe);
  if (buffer.byteLength > PIPE_BYTES) buffer = new Uint8Array(PIPE_BYTES);
  doorbell?.arm();
}
