import { expand, type Names } from "../text/expand.ts";
import { parsePairs } from "../text/pairs.ts";
import type { SectionReader } from "./reader.ts";

/** Reads `environment=`; undefined after an error, which is then reported. */
export function readEnvironment(reader: SectionReader, names: Names): Record<string, string> | undefined {
  const raw = reader.raw("environment");
  if (raw === undefined) return {};
  return reader.attempt("environment", () => {
    const { values, stray } = parsePairs(expand(raw, names));
    if (stray !== undefined) {
      const { text, after } = stray;
      reader.warn(
        "environment",
        `expected a comma after ${after}=…, got ${JSON.stringify(text)}; what follows does not belong to the value, quote it if it should`,
      );
    }
    return values;
  });
}
