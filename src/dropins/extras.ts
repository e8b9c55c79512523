import type { ProgramSpec } from "../programs/spec.ts";
import { Expected, quote } from "../programs/problem.ts";
import { expand, type Names } from "./python/expand.ts";
import type { SectionReader } from "./reader.ts";
import { readySpec } from "./ready.ts";
import { commaList, port } from "./values.ts";

type Extras = Pick<ProgramSpec, "dependsOn" | "ready" | "webPort" | "webName">;

/** Reads the keys that supervisord does not know. A wrong one is ignored; the program itself is fine. */
export function readExtras(reader: SectionReader, names: Names): Extras {
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
  const dependsOn = read("depends_on", commaList, "the program starts without waiting") ?? [];
  const ready = read("ready", readySpec, "the program counts as ready as soon as it runs");
  const webPort = read("web_port", port, "the program has no web address");
  const webName = read("web_name", (text) => text, "the program's name is used");
  return {
    dependsOn: dependsOn.filter((name) => name !== ""),
    ...(ready === undefined ? {} : { ready }),
    ...(webPort === undefined ? {} : { webPort }),
    ...(webName === undefined ? {} : { webName }),
  };
}
