import type { Peer } from "./peers.ts";
import type { RowName } from "./rows.ts";

export const parts = [
  "boot",
  "scale",
  "idle",
  "crash",
  "orphans",
  "files",
  "copy",
  "burst",
  "docker",
  "status",
] as const;
export type Part = (typeof parts)[number];

/** How much is written. */
export interface Effort {
  fileBytes: number;
  lineBytes: number;
  dockerBytes: number;
  bursts: number;
}

export type Figures = Partial<Record<RowName, number>>;

/** Something that is measured of one peer after the other. */
export interface Measure {
  /** The word of --only. */
  part: Part;
  /** What the progress line says. */
  title: string;
  peers: readonly Peer[];
  /** Samples of each peer in a round, taken in turns; 1 by default. */
  times?: number;
  /** Whether all peers are measured at the same time, which only those may be that do nothing. */
  together?: boolean;
  /** Takes one sample of a peer, in containers of its own. */
  run(peer: Peer, effort: Effort): Promise<Figures>;
}
