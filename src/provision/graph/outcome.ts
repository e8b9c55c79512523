import type { DownloadProgress } from "../download/progress.ts";

/**
 * What has become of an item: `unchanged` was there already, `off` is not wanted by its conditions, `skipped` needs one
 * that failed.
 */
export type ItemState = "waiting" | "running" | "done" | "unchanged" | "failed" | "skipped" | "off";

/** How an item that was run has ended well. */
export interface Success {
  state: "done" | "unchanged";
  /** A few words for the log, such as `6.5 GB`. */
  detail?: string;
}

/** An item, as the log, the terminal, `status` and the portal show it. */
export interface ItemReport {
  state: ItemState;
  detail?: string;
  /** Why not; one line without secrets. */
  reason?: string;
  /** Another try would end the same way. */
  isFinal?: boolean;
  progress?: DownloadProgress;
  /** Milliseconds since the epoch. */
  since: number;
}

/** A failure that another try would not change: a mistake in the manifest, a token, a checksum. */
export class FinalError extends Error {
  override readonly name = "FinalError";
}
