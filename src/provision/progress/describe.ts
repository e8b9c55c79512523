import { formatBytes } from "../../sys/disk.ts";
import type { DownloadProgress } from "../download/progress.ts";

/** `42 %, 2.7 of 6.5 GB, 85 MB/s, 45 s left`, with what of it is known. */
export function describeProgress({ received, total }: DownloadProgress, rate: number | undefined): string {
  const parts: string[] = [];
  if (total !== undefined && total > 0) parts.push(`${Math.floor((received / total) * 100)} %`);
  parts.push(
    total === undefined ? formatBytes(received) : `${formatBytes(received)} of ${formatBytes(total)}`,
  );
  if (rate !== undefined) parts.push(`${formatBytes(rate)}/s`);
  if (rate !== undefined && rate > 0 && total !== undefined && received < total)
    parts.push(`${formatSeconds((total - received) / rate)} left`);
  return parts.join(", ");
}

/** `45 s`, `3 min`, `2 h 5 min`. */
export function formatSeconds(seconds: number): string {
  if (seconds < 90) return `${Math.ceil(seconds)} s`;
  const minutes = Math.ceil(seconds / 60);
  return minutes < 90 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
