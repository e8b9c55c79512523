import { expand, type Names } from "./python/expand.ts";
import { parsePairs } from "./python/pairs.ts";
import type { SectionReader } from "./reader.ts";

/** Reads `environment=`; undefined after an error, which is then reported. */
export function readEnvironment(reader: SectionReader, names: Names): Record<string, string> | undefined {
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
