import {
  constants,
  closeSync,
  fdatasyncSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readSync,
  writeSync,
} from "node:fs";
import { readFileSync } from "node:fs";
import { Pieces, pieceBytesFor } from "./pieces.ts";
import type { Validator } from "./validator.ts";

/** Which version of which file a part belongs to. No URL is kept: it may hold a secret. */
export interface Subject extends Validator {
  /** SHA-256 of the URL that was asked for. */
  source: string;
  size: number;
  sha256?: string;
}

const FORMAT = 1;
/** The header's room, a line of JSON padded with blanks; the tables of bytes a piece come behind it. */
const HEADER_BYTES = 4096;
const WORD = 4;

interface Header extends Subject {
  format: number;
  pieceBytes: number;
  /** The boot of the kernel whose page cache has what is written; what is synced outlives it. */
  boot: string;
}

/**
 * The record, beside a part, of which bytes are there. Two tables, each with the bytes of every piece from its start:
 * `written`, updated at each write, survives the end of any process but not of the machine; `synced` is copied from it
 * once the part is on disk (fdatasync). Both only grow, so that a torn write does no harm.
 */
export class Journal implements Disposable {
  readonly pieces: Pieces;
  readonly subject: Subject;
  readonly #fd: number;

  private constructor(fd: number, subject: Subject, pieces: Pieces) {
    this.#fd = fd;
    this.subject = subject;
    this.pieces = pieces;
  }

  /** Begins a journal in an empty file. Takes over the descriptor. Throws with an errno `code`. */
  static begin(fd: number, subject: Subject): Journal {
    const pieceBytes = pieceBytesFor(subject.size);
    const count = Pieces.countFor(subject.size, pieceBytes);
    // The header comes last: without it the rest counts for nothing.
    ftruncateSync(fd, 0);
    ftruncateSync(fd, HEADER_BYTES + 2 * count * WORD);
    writeHeader(fd, { ...subject, format: FORMAT, pieceBytes, boot: bootId() });
    return new Journal(fd, subject, new Pieces(subject.size, new Uint32Array(count), pieceBytes));
  }

  /** Reads a journal that an earlier process has left; undefined for anything else. Takes over the descriptor if not. */
  static resume(fd: number): Journal | undefined {
    const header = readHeader(fd);
    if (header === undefined) return undefined;
    const { format: _, pieceBytes, boot, ...subject } = header;
    const count = Pieces.countFor(subject.size, pieceBytes);
    if (fstatSync(fd).size !== HEADER_BYTES + 2 * count * WORD) return undefined;
    const isSameBoot = boot === bootId();
    const table = readTable(fd, HEADER_BYTES + (isSameBoot ? 0 : count * WORD), count);
    const isSane = table.every(
      (bytes, index) => bytes <= Math.min(pieceBytes, subject.size - index * pieceBytes),
    );
    if (!isSane) return undefined;
    if (!isSameBoot) {
      writeAll(fd, bytesOf(table), HEADER_BYTES);
      fdatasyncSync(fd);
      writeHeader(fd, { ...header, boot: bootId() });
    }
    return new Journal(fd, subject, new Pieces(subject.size, table, pieceBytes));
  }

  /** Records what `Pieces.advance` changed. */
  record({ first, last }: { first: number; last: number }): void {
    const { written } = this.pieces;
    writeAll(this.#fd, bytesOf(written.subarray(first, last + 1)), HEADER_BYTES + first * WORD);
  }

  /** Records that all in `snapshot` of `written` is on disk. */
  recordSynced(snapshot: Uint32Array): void {
    writeAll(this.#fd, bytesOf(snapshot), HEADER_BYTES + snapshot.byteLength);
    fdatasyncSync(this.#fd);
  }

  [Symbol.dispose](): void {
    closeSync(this.#fd);
  }
}

/** Flags for files beside a target: never through a link, and none that somebody else has put there. */
export const OPEN_FLAGS = constants.O_RDWR | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** Opens a regular file of ours that nobody has a second name for; undefined when it is not there or is something else. */
export function openOwn(path: string): number | undefined {
  let fd: number;
  try {
    fd = openSync(path, OPEN_FLAGS);
  } catch {
    return undefined;
  }
  const { nlink, uid } = fstatSync(fd);
  if (fstatSync(fd).isFile() && nlink === 1 && uid === process.geteuid?.()) return fd;
  closeSync(fd);
  return undefined;
}

const bytesOf = (table: Uint32Array) => new Uint8Array(table.buffer, table.byteOffset, table.byteLength);

function bootId(): string {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  } catch {
    // Unlike any other: only what is synced counts then.
    return crypto.randomUUID();
  }
}

function writeHeader(fd: number, header: Header): void {
  const line = Buffer.from(`${JSON.stringify(header)}\n`);
  if (line.byteLength > HEADER_BYTES) throw new Error(`journal header of ${line.byteLength} bytes`);
  const block = Buffer.alloc(HEADER_BYTES, " ");
  line.copy(block);
  writeAll(fd, block, 0);
  fdatasyncSync(fd);
}

function readHeader(fd: number): Header | undefined {
  const block = Buffer.alloc(HEADER_BYTES);
  if (readSync(fd, block, 0, HEADER_BYTES, 0) !== HEADER_BYTES) return undefined;
  try {
    const header = JSON.parse(block.toString()) as Header;
    const isOurs =
      header.format === FORMAT &&
      Number.isSafeInteger(header.size) &&
      header.size > 0 &&
      header.pieceBytes === pieceBytesFor(header.size) &&
      typeof header.source === "string" &&
      typeof header.boot === "string";
    return isOurs ? header : undefined;
  } catch {
    return undefined;
  }
}

function readTable(fd: number, at: number, count: number): Uint32Array {
  const table = new Uint32Array(count);
  const bytes = bytesOf(table);
  let read = 0;
  while (read < bytes.byteLength) {
    const got = readSync(fd, bytes, read, bytes.byteLength - read, at + read);
    if (got === 0) break;
    read += got;
  }
  return table;
}

/** Writes all of it; a short write of a full disk throws ENOSPC at the next one. */
export function writeAll(fd: number, bytes: Uint8Array, at: number): void {
  for (let done = 0; done < bytes.byteLength;)
    done += writeSync(fd, bytes, done, bytes.byteLength - done, at + done);
}
