import { NEWLINE } from "../lines.ts";
import type { ContainerStream } from "./container-stream.ts";

const BEGIN = Buffer.from("… more comes too fast and is left out here; the log file has it\n");

export interface Limit {
  /** Bytes that pass at once, however fast they come. */
  burstBytes: number;
  /** Bytes a second that pass in the long run. */
  bytesPerSecond: number;
}

interface LimitOptions {
  /** Milliseconds on a clock that only grows; tests have their own. */
  now?: () => number;
  /** Called with how many bytes were left out. */
  onSkip?: (bytes: number) => void;
}

type ByteStream = Pick<ContainerStream, "write" | "end">;

/**
 * Token bucket for the container's output: passes whole lines within the limit, writes one line when output is left out
 * and, once the bucket has filled again, how much that was.
 */
export function limitStream(
  stream: ByteStream,
  { burstBytes, bytesPerSecond }: Limit,
  { now = () => performance.now(), onSkip }: LimitOptions = {},
): ByteStream {
  let room = burstBytes;
  let filledAt = now();
  let skipping = false;
  let skipped = 0;
  /** True when the last byte left out was a newline. */
  let atLineStart = true;

  const fill = () => {
    const time = now();
    room = Math.min(burstBytes, room + ((time - filledAt) / 1000) * bytesPerSecond);
    filledAt = time;
  };
  const pass = (bytes: Uint8Array) => {
    room = Math.max(-burstBytes, room - bytes.byteLength);
    return stream.write(bytes);
  };
  const skip = (bytes: Uint8Array) => {
    skipped += bytes.byteLength;
    onSkip?.(bytes.byteLength);
    if (bytes.byteLength > 0) atLineStart = bytes.at(-1) === NEWLINE;
  };
  const notice = () => {
    const text = `… ${skipped} bytes were left out here\n`;
    skipping = false;
    skipped = 0;
    return Buffer.from(text);
  };
  return {
    write(chunk) {
      fill();
      const lineEnd = chunk.indexOf(NEWLINE) + 1;
      if (skipping) {
        const start = atLineStart ? 0 : lineEnd;
        if (room < burstBytes / 2 || (start === 0 && !atLineStart)) return skip(chunk);
        skip(chunk.subarray(0, start));
        return pass(Buffer.concat([notice(), chunk.subarray(start)]));
      }
      if (chunk.byteLength <= room || lineEnd === 0) return pass(chunk);
      // The line that has begun is ended.
      skipping = true;
      atLineStart = true;
      skip(chunk.subarray(lineEnd));
      return pass(Buffer.concat([chunk.subarray(0, lineEnd), BEGIN]));
    },
    end() {
      if (skipping) stream.write(notice());
      stream.end();
    },
  };
}
