import { defineCommand } from "citty";
import { control } from "../../control/client.ts";
import { ExitCode } from "../../errors.ts";
import type { Command } from "../command.ts";
import { print, printJson, printTable } from "../print.ts";
import { foreignTunnels } from "../../features/tunnels/foreign.ts";
import { ownTunnels, type TunnelRow } from "../../features/tunnels/rows.ts";

const command: Command = {
  definition: defineCommand({
    meta: {
      name: "ai-dock tunnels",
      description: "Public addresses of the tunnels of this container, and where they lead",
    },
    args: { json: { type: "boolean", description: "Print JSON" } },
  }),
  async run({ json }: { json?: boolean }) {
    const { programs } = await control.status();
    const own = await ownTunnels(programs);
    const rows = [...own, ...(await foreignTunnels(own.map(({ pid }) => pid)))];
    if (json) printJson(rows);
    else if (rows.length > 0) printRows(rows);
    else print("No tunnels: set CF_TUNNEL_TOKEN or CF_QUICK_TUNNELS");
    return ExitCode.ok;
  },
};

export default command;

function printRows(rows: TunnelRow[]): void {
  printTable(rows, [
    { text: ({ url }) => url ?? "-", style: ({ ready }) => (ready ? "green" : "yellow") },
    { text: ({ kind }) => kind },
    { text: ({ target }) => target ?? "-" },
    { text: ({ service }) => service },
    { text: ({ reason }) => reason ?? "" },
  ]);
}
