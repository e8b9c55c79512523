import { defineCommand } from "citty";
import { control } from "../../control/client.ts";
import { workspaceOf } from "../../env/workspace.ts";
import { ExitCode } from "../../errors.ts";
import { listRemotes } from "../../features/remotes/list.ts";
import { describeOrphan, orphanedUploads } from "../../features/remotes/cache.ts";
import { layoutRemotes } from "../../features/remotes/layout.ts";
import { REMOTES_GROUP } from "../../features/remotes/program.ts";
import { effectiveEnvironment, orUndefinedWithoutSupervisor } from "../effective-environment.ts";
import type { Command } from "../command.ts";
import { formatBytes } from "../../sys/disk.ts";
import { note, print, printJson, printTable } from "../print.ts";
import { describeRemote, type RemoteRow } from "../../features/remotes/rows.ts";

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
    const { remotes, problems } = await listRemotes(env);
    const status = await orUndefinedWithoutSupervisor(control.status());
    const workspace = workspaceOf(env);
    const layouts = layoutRemotes(remotes, workspace);
    const rows: RemoteRow[] = await Promise.all(
      layouts
        .filter(({ remote }) => names.length === 0 || names.includes(remote.name))
        .map((layout) =>
          describeRemote(
            layout,
            status?.programs.find(({ group, name }) => group === REMOTES_GROUP && name === layout.program),
          ),
        ),
    );
    for (const problem of problems) note(problem);
    for (const orphan of await orphanedUploads(layouts, workspace)) note(describeOrphan(orphan));
    const unknown = names.filter((name) => !rows.some((row) => row.name === name));
    for (const name of unknown) note(`No such remote: ${known(remotes)}, got "${name}"`);
    if (json) printJson(rows);
    else if (rows.length > 0) printRemotes(rows);
    else if (problems.length === 0 && unknown.length === 0)
      print("No remotes: configure one with rclone config, then ai-dock update");
    return unknown.length > 0 || problems.length > 0 ? ExitCode.failure : ExitCode.ok;
  },
};

export default command;

function known(remotes: { name: string }[]): string {
  return `expected one of ${remotes.map(({ name }) => name).join(", ") || "none"}`;
}

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
