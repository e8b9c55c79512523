import { Expected } from "../programs/problem.ts";
import { aliveDefaults, type AliveSpec } from "../programs/spec.ts";
import { probeSpec } from "./probe.ts";
import type { ReadKey, SectionReader } from "./reader.ts";
import { pythonInt } from "./values.ts";

/** Reads `alive=` and the numbers that belong to it. */
export function readAlive(reader: SectionReader, read: ReadKey): AliveSpec | undefined {
  const probe = read("alive", probeSpec, "nobody looks whether the program hangs");
  const number = (name: keyof typeof aliveDefaults, what: string) => {
    const fallback = aliveDefaults[name];
    return read(`alive_${name}`, atLeastOne(what), `${fallback} is used`) ?? fallback;
  };
  const spec = {
    interval: number("interval", "seconds"),
    timeout: number("timeout", "seconds"),
    failures: number("failures", "checks"),
  };
  if (reader.raw("alive") === undefined) warnOfUseless(reader, Object.keys(spec), "alive");
  if (probe?.kind === "log")
    warnOfUseless(reader, ["timeout"], "a check that has a time limit, which log:REGEX is not");
  return probe && { probe, ...spec };
}

const atLeastOne = (what: string) => (text: string) => {
  const value = pythonInt(text);
  if (value === undefined || value < 1) throw new Expected(`a whole number of ${what} from 1`);
  return value;
};

/** What `[DEFAULT]` says is meant for others. */
function warnOfUseless(reader: SectionReader, names: string[], without: string): void {
  for (const key of names.map((name) => `alive_${name}`))
    if (reader.isOwn(key)) reader.warn(key, { text: `it has no effect without ${without}` });
}
