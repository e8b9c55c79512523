import type { Connection } from "./connection.ts";
import type { Claim, Pieces } from "./pieces.ts";

/** Takes chunks of a range to where they belong. */
export interface Sink {
  pieces: Pieces;
  write(claim: Claim, chunk: Uint8Array): void;
  /** Ends all connections: one has failed for good. */
  stop(): void;
}

/** An answer that is there already, with the bytes it has. */
export interface Begun {
  connection: Connection;
  offset: number;
  end: number;
}
