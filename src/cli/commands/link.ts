import { defineCommand } from "citty";
import type { ServiceLink } from "../../control/service.ts";
import { AiDockError, ExitCode } from "../../errors.ts";
import { linkOf } from "../../features/web/rows.ts";
import { type Command, usageError } from "../command.ts";
import { print } from "../print.ts";

/** `direct-url`, `cfqt-url` and `cfnt-url`, which scripts of ai-dock's images call. */
function link(name: string, kind: ServiceLink["kind"], description: string): Command {
  return {
    definition: defineCommand({
      meta: { name, description, hidden: true },
      args: {
        port: { type: "string", alias: "p", description: "Port of the web service", valueHint: "PORT" },
        location: { type: "string", alias: "l", description: "Path, / by default", valueHint: "PATH" },
      },
    }),
    run({ port = "", location = "/" }: { port?: string; location?: string }) {
      if (!/^\d{1,5}$/.test(port)) throw usageError(name, `--port: expected a port, got "${port}"`);
      const url = linkOf(Number(port), kind, location);
      if (url === undefined) throw new AiDockError(`No address of that kind for port ${port}`);
      print(url);
      return ExitCode.ok;
    },
  };
}

export const directUrl = link("direct-url", "direct", "Print the address of a web service on this machine");
export const quickUrl = link("cfqt-url", "quick", "Print the address of the quick tunnel to a web service");
export const namedUrl = link("cfnt-url", "named", "Print the address of the named tunnel to a web service");
