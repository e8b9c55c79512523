import { Expected, quote } from "../programs/problem.ts";
import type { ProgramSpec } from "../programs/spec.ts";
import { type Variables, expand } from "./python/percent.ts";
import { parsePairs } from "./python/pairs.ts";
import { UnfinishedWords, shellWords } from "./python/shlex.ts";
import type { SectionReader } from "./reader.ts";
import { plainName } from "./values.ts";

/** Splits a command line. A line that cannot be split fails at the start of the program, in supervisord's words. */
export function commandWords(line: string): Pick<ProgramSpec, "command" | "commandError"> {
  try {
    const command = shellWords(line);
    return command.length === 0 ? { command, commandError: "command is empty" } : { command };
  } catch (error) {
    if (!(error instanceof UnfinishedWords)) throw error;
    return { command: [], commandError: `can't parse command ${quoted(line)}: ${error.message}` };
  }
}

/** Quotes a string as Python's repr() does: in double quotes only where the string holds single ones. */
function quoted(line: string): string {
  return line.includes("'") && !line.includes('"') ? `"${line}"` : `'${line}'`;
}

/** Reads `environment=`. Undefined after an error, which has been reported. */
export function readEnvironment(reader: SectionReader, names: Variables): Record<string, string> | undefined {
  const raw = reader.raw("environment");
  if (raw === undefined) return {};
  return reader.attempt("environment", () => {
    const { values, cut } = parsePairs(expand(raw, names));
    if (cut !== undefined) {
      const text = "the value ends there, quote it if it should not";
      reader.warn("environment", { expected: "a comma", got: cut, text });
    }
    return values;
  });
}

const KEY = "process_name";
const NUMBER = "%(process_num)";

/** Reads `process_name=`, checked as far as an unexpanded pattern can be. */
export function readNamePattern(reader: SectionReader, numprocs: number): string {
  const pattern = reader.raw(KEY)?.trim() ?? "%(program_name)s";
  reader.attempt(KEY, () => plainName(pattern));
  if (numprocs > 1 && !pattern.includes(NUMBER)) {
    reader.complain(KEY, `${NUMBER}d in it because numprocs is ${numprocs}`, quote(pattern));
  }
  return pattern;
}

/**
 * Expands the name of one process. The original base image wrote `process_name=="%(program_name)s_…"`, which
 * supervisord takes literally: such a process gets the intended name and has the literal one as an alias.
 */
export function processName(pattern: string, names: Variables): { name: string; aliases: string[] } {
  const literal = expand(pattern, names);
  const meant = literal.replace(/^=+/, "").replace(/^(["'])(.*)\1$/s, "$2");
  const name = plainName(meant);
  if (/[\s\0]/.test(name)) throw new Expected("a name on one line");
  return { name, aliases: name === literal ? [] : [literal] };
}
