import { Expected, quote } from "../programs/problem.ts";
import type { SpecLayer } from "../programs/layers.ts";
import { type Variables, expand } from "./python/percent.ts";
import { readAlive } from "./alive.ts";
import { probeSpec } from "./probe.ts";
import type { ReadKey, SectionReader } from "./reader.ts";
import { boolean, commaList, port } from "./values.ts";

/** Reads our own keys. A wrong value costs that key only, not the program. */
export function readExtras(
  reader: SectionReader,
  names: Variables,
): Pick<
  SpecLayer,
  | "dependsOn"
  | "ready"
  | "alive"
  | "webPort"
  | "webListenPort"
  | "webName"
  | "webHost"
  | "containerCopy"
  | "early"
> {
  const read: ReadKey = (key, convert, without) => {
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
    ready: read("ready", probeSpec, "the program counts as ready as soon as it runs"),
    alive: readAlive(reader, read),
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
