export interface DownloadLimits {
  /** Connections at once at most; as many are opened as make the download faster. */
  connections: number;
  /** Bytes for which another connection is worth its while. */
  minimumRange: number;
  /** Seconds without a byte after which a connection counts as hung. */
  timeoutSeconds: number;
  /** Failures in a row, with no progress in between, after which the download fails. */
  attempts: number;
  /** Seconds before the second attempt; doubled for each further one. */
  delaySeconds: number;
}

export const MEBIBYTE = 2 ** 20;

export const defaultLimits: DownloadLimits = {
  connections: 16,
  minimumRange: MEBIBYTE,
  timeoutSeconds: 30,
  attempts: 6,
  delaySeconds: 1,
};
