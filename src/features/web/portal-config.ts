import { z } from "zod";
import { messageOf } from "../../errors.ts";
import { readIfExists } from "../../sys/fs.ts";

/** Where vast.ai's images keep the list, for users to edit. */
export const PORTAL_YAML = "/etc/portal.yaml";

/** One service of vast.ai's list. */
export interface PortalEntry {
  host: string;
  /** Where browsers come to. */
  port: number;
  /** Where the service listens; the same port for one without a front. */
  appPort: number;
  path: string;
  name: string;
}

const portNumber = z.coerce.number().int().min(1).max(65535);
const host = z.string().regex(/^[\w.-]+$/);

const entrySchema = z.object({
  hostname: host.default("localhost"),
  external_port: portNumber,
  internal_port: portNumber,
  open_path: z.string().default("/"),
  name: z.string().max(200),
});

const yamlSchema = z.object({ applications: z.record(z.string(), z.unknown()) });

export interface PortalList {
  entries: PortalEntry[];
  /** One line for each entry that cannot be used. */
  problems: string[];
}

/**
 * The services of `/etc/portal.yaml`, else of PORTAL_CONFIG. A file that cannot be read counts as absent, an entry that
 * cannot be used is left out.
 */
export function portalList(
  config: string | undefined,
  file = PORTAL_YAML,
): PortalList & { fromFile: boolean } {
  try {
    const text = readIfExists(file);
    if (text !== undefined) return { ...parseYaml(text, file), fromFile: true };
  } catch (error) {
    const problem = `"${file}": ${messageOf(error)}; PORTAL_CONFIG is used`;
    const { entries, problems } = parsePortalConfig(config ?? "");
    return { entries, problems: [problem, ...problems], fromFile: false };
  }
  return { ...parsePortalConfig(config ?? ""), fromFile: false };
}

/** Reads `host:port:port of the app:path:name`, by `|`. */
export function parsePortalConfig(config: string): PortalList {
  const entries = config
    .split("|")
    .map((text) => text.trim())
    .filter((text) => text !== "");
  return collect(
    entries.map((text) => {
      const [hostname, external_port, internal_port, open_path, ...name] = text.split(":");
      const given = { hostname, external_port, internal_port, open_path, name: name.join(":") };
      return {
        shown: `PORTAL_CONFIG: expected host:port:port:path:name, got ${JSON.stringify(text)}`,
        given,
      };
    }),
  );
}

/** Throws for what is no such file. */
function parseYaml(text: string, file: string): PortalList {
  const { applications } = yamlSchema.parse(Bun.YAML.parse(text));
  return collect(
    Object.entries(applications).map(([name, given]) => ({
      shown: `"${file}": expected hostname, external_port and internal_port of "${name}"`,
      given: { name, ...(given as object) },
    })),
  );
}

function collect(rows: { shown: string; given: object }[]): PortalList {
  const list: PortalList = { entries: [], problems: [] };
  for (const { shown, given } of rows) {
    const { data } = entrySchema.safeParse(given);
    if (data === undefined) {
      list.problems.push(`${shown}; leaving the entry out`);
      continue;
    }
    const path = data.open_path.startsWith("/") ? data.open_path : `/${data.open_path}`;
    const { hostname, external_port: port, internal_port: appPort, name } = data;
    list.entries.push({ host: hostname, port, appPort, path, name: name === "" ? `port ${port}` : name });
  }
  return list;
}
