import { Expected } from "../programs/problem.ts";
import type { ProbeSpec } from "../programs/spec.ts";
import { UnfinishedWords, shellWords } from "./python/shlex.ts";
import { port } from "./values.ts";

const FORMS = "tcp:PORT, tcp:HOST:PORT, http://…, exec:COMMAND or log:REGEX";

/** Parses `ready=` and `alive=`. Throws Expected for a value of none of the known forms. */
export function probeSpec(text: string): ProbeSpec {
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

function http(url: string): ProbeSpec {
  if (!URL.canParse(url)) throw new Expected("a complete address after http:");
  return { kind: "http", url };
}

function tcp(address: string): ProbeSpec {
  const [, host = "127.0.0.1", digits = ""] = /^(?:(.+):)?([^:]*)$/.exec(address) ?? [];
  return { kind: "tcp", host: host.replace(/^\[(.*)\]$/, "$1"), port: port(digits) };
}

function exec(line: string): ProbeSpec {
  try {
    const command = shellWords(line);
    if (command.length > 0) return { kind: "exec", command };
  } catch (error) {
    if (!(error instanceof UnfinishedWords)) throw error;
  }
  throw new Expected("a command with closed quotes after exec:");
}

function log(source: string): ProbeSpec {
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
