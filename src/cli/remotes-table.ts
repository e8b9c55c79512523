import { formatBytes } from "../sys/space.ts";
import { print, style } from "./print.ts";
import type { RemoteRow } from "./remote-row.ts";

/** A line for each remote. */
export function printRemotes(rows: RemoteRow[]): void {
  const widths = columns.map((column) => Math.max(...rows.map((row) => column(row).length)));
  for (const row of rows) {
    const cells = columns.map((column, index) => column(row).padEnd(widths[index] ?? 0));
    cells[1] = style(row.mounted ? "green" : "yellow", cells[1] ?? "");
    print([...cells, details(row)].join("  ").trimEnd());
  }
}

const columns: ((row: RemoteRow) => string)[] = [
  ({ name }) => name,
  ({ mounted, state }) => (mounted ? "mounted" : (state ?? "not mounted")),
  ({ type }) => type,
  ({ path }) => path,
];

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
