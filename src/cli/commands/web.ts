import { defineCommand } from "citty";
import { control } from "../../control/client.ts";
import type { WebReply } from "../../control/replies.ts";
import { ExitCode } from "../../errors.ts";
import { loginUrl } from "../../features/web/rows.ts";
import type { Command } from "../command.ts";
import { note, print, printJson, printTable } from "../print.ts";

const command: Command = {
  definition: defineCommand({
    meta: {
      name: "ai-dock web",
      description: "Addresses of the portal, with a link for one login, and of all web services",
    },
    args: {
      credentials: { type: "boolean", description: "Show user, password and API token, too" },
      json: { type: "boolean", description: "Print JSON" },
    },
  }),
  async run({ credentials, json }: { credentials?: boolean; json?: boolean }) {
    const web = await control.web();
    const login = loginUrl(web);
    if (json) printJson(asJson(web, login, credentials === true));
    else show(web, login, credentials === true);
    return web.running ? ExitCode.ok : ExitCode.notRunning;
  },
};

export default command;

function asJson({ running, reason, services, ...web }: WebReply, login: string | null, secrets: boolean) {
  const { user, password, token } = web;
  return { running, reason, login_url: login, services, ...(secrets ? { user, password, token } : {}) };
}

function show(web: WebReply, login: string | null, secrets: boolean): void {
  if (!web.running) note(`No portal: ${web.reason ?? "caddy is not up"}`);
  if (web.running && login !== null) print(`${login}\n`);
  const rows = web.services.flatMap(({ links, ...service }) =>
    (links.length === 0 ? [null] : links).map((link, index) => ({ ...service, link, isFirst: index === 0 })),
  );
  printTable(rows, [
    { text: ({ isFirst, name }) => (isFirst ? name : "") },
    { text: ({ link }) => link?.url ?? "-", style: ({ ready }) => (ready ? "green" : "yellow") },
    { text: ({ link }) => link?.kind ?? "" },
    { text: ({ isFirst, reason }) => (isFirst ? (reason ?? "") : "") },
  ]);
  if (!secrets) return;
  print("");
  printTable(
    [
      ["user", web.user],
      ["password", web.password],
      ["token", web.token],
    ],
    [{ text: ([name = ""]) => name }, { text: ([, value = ""]) => value }],
  );
}
