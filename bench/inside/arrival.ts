import { readFileSync } from "node:fs";

/** What the reader has counted of the probe's lines. */
export interface Arrival {
  whole: number;
  torn: number;
  /** Whole lines that do not follow the one before. */
  disordered: number;
  bytes: number;
  /** Nanoseconds of the monotonic clock at the last byte. */
  last: number;
}

/** Reads the counters that a reader keeps in a file. */
export function arrival(path: string): Arrival {
  const bytes = readFileSync(path);
  const [whole = 0, torn = 0, disordered = 0, size = 0, last = 0] = Array.from({ length: 5 }, (_, index) =>
    Number(bytes.readBigUInt64LE(index * 8)),
  );
  return { whole, torn, disordered, bytes: size, last };
}
