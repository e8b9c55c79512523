import { Expected, quote } from "../programs/problem.ts";
import type { SpecLayer } from "../programs/layers.ts";
import type { ReadySpec } from "../programs/spec.ts";
import { type Variables, expand } from "./python/percent.ts";
import { UnfinishedWords, shellWords } from "./python/shlex.ts";
import type { SectionReader } from "./reader.ts";
import { boolean, commaList, port } from "./values.ts";

/** Reads our own keys. A wrong value costs that key only, not the program. */
export function readExtras(
  reader: SectionReader,
  names: Variables,
): Pick<
  SpecLayer,
  "dependsOn" | "ready" | "webPort" | "webListenPort" | "webName" | "webHost" | "containerCopy" | "early"
> {
  const read = <T>(key: string, convert: (text: string) => T, without: string): T | undefined => {
    const raw = reader.raw(key);
    if (raw === undefined) return undefined;
    try {
      return convert(expand(raw, names));
    } catch (error) {
      if (!(error instanceof Expected)) throw error;
      reader.complain(key, error.expected, error.got ?? quote(raw), without);
      return undefined;
    }
  };
  const dependsOn = read("depends_on", commaList, "the program starts without waiting");
  return {
    dependsOn: dependsOn?.filter((name) => name !== ""),
    ready: read("ready", readySpec, "the program counts as ready as soon as it runs"),
    webPort: read("web_port", port, "the program has no web address"),
    webListenPort: read("web_listen_port", port, "the program is looked for on its web_port"),
    webName: read("web_name", (text) => text, "the program's name is used"),
    webHost: read("web_host", hostName, "the program gets the name that browsers use"),
    early: read("early", boolean, "the program starts with the others"),
    containerCopy: read("container_log", boolean, "its output is copied to the container log"),
  };
}

function hostName(text: string): string {
  if (!/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/i.test(text)) throw new Expected("a host name such as localhost");
  return text;
}

const FORMS = "tcp:PORT, tcp:HOST:PORT, http://…, exec:COMMAND or log:REGEX";

/** Parses `ready=`. Throws Expected for a value of none of the known forms. */
export function readySpec(text: string): ReadySpec {
  if (/^https?:\/\//.test(text)) return http(text);
  const [kind, rest] = splitOnce(text, ":");
  switch (kind) {
    case "tcp":
      return tcp(rest);
    case "exec":
      return exec(rest);
    case "log":
      return log(rest);
    default:
      throw new Expected(FORMS);
  }
}

function http(url: string): ReadySpec {
  if (!URL.canParse(url)) throw new Expected("a complete address after http:");
  return { kind: "http", url };
}

function tcp(address: string): ReadySpec {
  const [, host = "127.0.0.1", digits = ""] = /^(?:(.+):)?([^:]*)$/.exec(address) ?? [];
  return { kind: "tcp", host: host.replace(/^\[(.*)\]$/, "$1"), port: port(digits) };
}

function exec(line: string): ReadySpec {
  try {
    const command = shellWords(line);
    if (command.length > 0) return { kind: "exec", command };
  } catch (error) {
    if (!(error instanceof UnfinishedWords)) throw error;
  }
  throw new Expected("a command with closed quotes after exec:");
}

function log(source: string): ReadySpec {
  if (source === "") throw new Expected("a regular expression after log:");
  try {
    return { kind: "log", pattern: new RegExp(source) };
  } catch {
    throw new Expected("a regular expression after log:");
  }
}

function splitOnce(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at === -1 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
}
