import { defineCommand } from "citty";
import { control } from "../../control/client.ts";
import { ExitCode } from "../../errors.ts";
import { effectiveEnvironment, orUndefinedWithoutSupervisor } from "../effective-environment.ts";
import type { Command } from "../command.ts";
import { formatBytes } from "../../sys/disk.ts";
import { note, print, printJson, printTable } from "../print.ts";
import { type RemoteRow, remoteRows } from "../../features/remotes/rows.ts";

const command: Command = {
  definition: defineCommand({
    meta: {
      name: "ai-dock remotes",
      description: "Remotes of rclone: where they are mounted, space in use, uploads that wait",
    },
    args: {
      name: { type: "positional", required: false, description: "NAME…; all without any" },
      json: { type: "boolean", description: "Print JSON" },
    },
  }),
  async run({ _: names, json }: { _: string[]; json?: boolean }) {
    const { env } = await effectiveEnvironment();
    const status = await orUndefinedWithoutSupervisor(control.status());
    const { rows, known, problems, orphans } = await remoteRows(env, status?.programs ?? [], names);
    for (const text of [...problems, ...orphans]) note(text);
    const unknown = names.filter((name) => !known.includes(name));
    const expected = `expected one of ${known.join(", ") || "none"}`;
    for (const name of unknown) note(`No such remote: ${expected}, got "${name}"`);
    if (json) printJson(rows);
    else if (rows.length > 0) printRemotes(rows);
    else if (problems.length === 0 && unknown.length === 0)
      print("No remotes: configure one with rclone config, then ai-dock update");
    return unknown.length > 0 || problems.length > 0 ? ExitCode.failure : ExitCode.ok;
  },
};

export default command;

/** A line for each remote. */
function printRemotes(rows: RemoteRow[]): void {
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
