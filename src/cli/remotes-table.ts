import { formatBytes } from "../sys/disk.ts";
import type { RemoteRow } from "../features/remotes/rows.ts";
import { printTable } from "./print.ts";

/** A line for each remote. */
export function printRemotes(rows: RemoteRow[]): void {
  printTable(rows, [
    { text: ({ name }) => name },
    {
      text: ({ mounted, state }) => (mounted ? "mounted" : (state ?? "not mounted")),
      style: ({ mounted }) => (mounted ? "green" : "yellow"),
    },
    { text: ({ type }) => type },
    { text: ({ path }) => path },
    { text: details },
  ]);
}

function details(row: RemoteRow): string {
  return [space(row), uploads(row), row.reason].filter((part) => part !== null).join(", ");
}

function space({ used_bytes, total_bytes }: RemoteRow): string | null {
  if (used_bytes === null) return null;
  return `${formatBytes(used_bytes)} used${total_bytes === null ? "" : ` of ${formatBytes(total_bytes)}`}`;
}

function uploads({ pending_files, pending_bytes }: RemoteRow): string | null {
  if (pending_files === null || pending_files === 0) return null;
  return `${pending_files} uploads pending (${formatBytes(pending_bytes ?? 0)})`;
}
