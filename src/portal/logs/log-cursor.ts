import type { PortalControl } from "../../control/portal/client.ts";
import type { LogEntry } from "../../control/portal/protocol.ts";

export type LogId = Pick<LogEntry, "name" | "stream">;

/** A place in a log: a byte of one of its files. */
export interface Place {
  inode: number;
  offset: number;
}

/** What a cursor meets. `lost`: bytes are missing here, as files were deleted or cut off. */
export type Piece = { bytes: Uint8Array } | { lost: true };

/** In one go. The HTTP client keeps megabytes of memory for good where answers are larger. */
export const READ_BYTES = 64 * 1024;

/** Bytes that a reader may be behind; further ones are left out, as a flood outruns any browser. */
const LARGEST_LAG_BYTES = 16 * 1024 * 1024;

/** Reads a log from a place on, through rotations, over PID 1's socket. */
export class LogCursor {
  readonly #control: PortalControl;
  readonly id: LogId;
  #place: Place | undefined;

  /** Without a place, the cursor begins with the oldest file. */
  constructor(control: PortalControl, id: LogId, place: Place | undefined) {
    this.#control = control;
    this.id = id;
    this.#place = place;
  }

  /** Behind the bytes that were yielded last. */
  get place(): Place | undefined {
    return this.#place;
  }

  /** Yields all that is written by now; unless the `whole` is wanted, a flood is left out but for its end. */
  async *drain({ whole = false } = {}): AsyncGenerator<Piece, void, void> {
    for (;;) {
      const files = await this.#files();
      const at = this.#place;
      const index = at === undefined ? files.length - 1 : files.findIndex(({ inode }) => inode === at.inode);
      const file = files[index];
      if (file === undefined) {
        const oldest = files.at(-1);
        if (oldest === undefined) return;
        this.#place = { inode: oldest.inode, offset: 0 };
        yield { lost: true };
        continue;
      }
      const place = (this.#place ??= { inode: file.inode, offset: 0 });
      if (file.size < place.offset) {
        place.offset = 0;
        yield { lost: true };
      }
      if (!whole && index === 0 && file.size - place.offset > LARGEST_LAG_BYTES) {
        place.offset = file.size - LARGEST_LAG_BYTES / 2;
        yield { lost: true };
      }
      const newer = files[index - 1];
      if (newer === undefined) {
        yield* this.#read(file.index, place);
        return;
      }
      yield* this.#readWhole(file.index, place);
      // Deleted meanwhile.
      if (place.offset < file.size) yield { lost: true };
      this.#place = { inode: newer.inode, offset: 0 };
    }
  }

  /** Yields what is written by now, of which a change of the newest file is known: mostly that file has only grown. */
  async *follow({ inode, size }: { inode: number; size: number }): AsyncGenerator<Piece, void, void> {
    const place = this.#place;
    const lag = size - (place?.offset ?? 0);
    if (place?.inode === inode && lag >= 0 && lag <= LARGEST_LAG_BYTES) yield* this.#read(0, place);
    else yield* this.drain();
  }

  /** Yields the bytes up to an offset of the file that holds the place. */
  async *readUntil(index: number, end: number): AsyncGenerator<Piece, void, void> {
    if (this.#place !== undefined) yield* this.#readWhole(index, this.#place, end);
  }

  /** Goes on to the beginning of the next newer file. */
  enter(inode: number): void {
    if (this.#place?.inode !== inode) this.#place = { inode, offset: 0 };
  }

  async #files(): Promise<LogEntry["generations"]> {
    const { name, stream } = this.id;
    const list = await this.#control.logs([name]);
    return list.find((entry) => entry.name === name && entry.stream === stream)?.generations ?? [];
  }

  /** Yields the rest of the file, or up to an offset, also where a rotation gives it another index meanwhile. */
  async *#readWhole(
    index: number,
    place: Place,
    end = Number.POSITIVE_INFINITY,
  ): AsyncGenerator<Piece, void, void> {
    for (let at = index; ;) {
      const before = place.offset;
      yield* this.#read(at, place, end);
      if (place.offset >= end) return;
      const file = (await this.#files()).find(({ inode }) => inode === place.inode);
      if (file === undefined || (file.index === at && place.offset === before)) return;
      at = file.index;
    }
  }

  async *#read(
    index: number,
    place: Place,
    end = Number.POSITIVE_INFINITY,
  ): AsyncGenerator<Piece, void, void> {
    while (place.offset < end) {
      const length = Math.min(READ_BYTES, end - place.offset);
      const piece = await this.#control.logBytes({ ...this.id, index, offset: place.offset, length });
      // Rotated meanwhile: the file has another index now.
      if (piece === undefined || piece.inode !== place.inode || piece.bytes.byteLength === 0) return;
      place.offset += piece.bytes.byteLength;
      yield { bytes: piece.bytes };
    }
  }
}
