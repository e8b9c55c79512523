import { integer } from "../../env/types.ts";
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

const port = integer(1, 65535);
const LONGEST_NAME = 200;

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
  const { applications } = (Bun.YAML.parse(text) ?? {}) as { applications?: unknown };
  if (typeof applications !== "object" || applications === null)
    throw new Error("expected a map of applications");
  return collect(
    Object.entries(applications).map(([name, given]) => ({
      shown: `"${file}": expected hostname, external_port and internal_port of "${name}"`,
      given: { name, ...(given as object) },
    })),
  );
}

function collect(rows: { shown: string; given: Record<string, unknown> }[]): PortalList {
  const list: PortalList = { entries: [], problems: [] };
  for (const { shown, given } of rows) {
    const entry = readEntry(given);
    if (entry === undefined) list.problems.push(`${shown}; leaving the entry out`);
    else list.entries.push(entry);
  }
  return list;
}

/** Undefined for what is no entry. */
function readEntry(given: Record<string, unknown>): PortalEntry | undefined {
  const word = (name: string, fallback: string) => {
    const value = given[name];
    return typeof value === "string" || typeof value === "number" ? String(value) : fallback;
  };
  const [external, internal] = [port(word("external_port", "")), port(word("internal_port", ""))];
  const [host, path, name] = [word("hostname", "localhost"), word("open_path", "/"), word("name", "")];
  if (external === undefined || internal === undefined) return undefined;
  if (!/^[\w.-]+$/.test(host) || name.length > LONGEST_NAME) return undefined;
  return {
    host,
    port: external,
    appPort: internal,
    path: path.startsWith("/") ? path : `/${path}`,
    name: name === "" ? `port ${external}` : name,
  };
}
