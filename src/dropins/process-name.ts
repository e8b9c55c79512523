import { Expected, quote } from "../programs/problem.ts";
import { expand, type Names } from "./python/expand.ts";
import type { SectionReader } from "./reader.ts";
import { plainName } from "./values.ts";

const KEY = "process_name";
const NUMBER = "%(process_num)";

/** The pattern of the process names of a section, checked as far as it can be before expansion. */
export function readNamePattern(reader: SectionReader, numprocs: number): string {
  const pattern = reader.raw(KEY)?.trim() ?? "%(program_name)s";
  reader.attempt(KEY, () => plainName(pattern));
  if (numprocs > 1 && !pattern.includes(NUMBER)) {
    reader.complain(KEY, `${NUMBER}d in it because numprocs is ${numprocs}`, quote(pattern));
  }
  return pattern;
}

/**
 * The name of one process. The original base image wrote `process_name=="%(program_name)s_…"`, which
 * supervisord takes literally: such a process gets the name that was meant and answers to the literal one.
 */
export function processName(pattern: string, names: Names): { name: string; aliases: string[] } {
  const literal = expand(pattern, names);
  const meant = literal.replace(/^=+/, "").replace(/^(["'])(.*)\1$/s, "$2");
  const name = plainName(meant);
  if (/[\s\0]/.test(name)) throw new Expected("a name on one line");
  return { name, aliases: name === literal ? [] : [literal] };
}
