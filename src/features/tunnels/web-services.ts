import { readdirSync } from "node:fs";
import { z } from "zod";
import { type WebService } from "./quick-program.ts";
import { isUp } from "../../supervisor/machine.ts";
import type { Program } from "../../supervisor/program.ts";
import { readIfExists } from "../../sys/fs.ts";
import { ownDirectory } from "../../sys/own-directory.ts";

/** Where images built on later versions of the original announce their web services, one file a port. */
const PORTS_DIRECTORY = "/run/http_ports";

/** Such images write there without making it. */
export function ensurePortsDirectory(): void {
  try {
    ownDirectory(PORTS_DIRECTORY);
  } catch {
    // Then nothing can be announced.
  }
}

const portNumber = z.coerce.number().int().min(1).max(65535);
const isBlank = (value: unknown) => value === "" || value === null;
const optional = <Schema extends z.ZodType>(schema: Schema) =>
  z.preprocess((value) => (isBlank(value) ? undefined : value), schema.optional());

/** All values may be strings; the empty one means that there is none. */
const announcement = z.object({
  listen_port: optional(portNumber),
  proxy_port: optional(portNumber),
  proxy_secure: optional(z.union([z.boolean(), z.stringbool()])),
  service_name: optional(z.string()),
});

/** The ports to open tunnels for, by number: those listed, or with `true` all that are announced. */
export function webServices(
  wanted: boolean | number[],
  programs: Program[],
  directory = PORTS_DIRECTORY,
): Map<number, WebService> {
  const services = Array.isArray(wanted)
    ? wanted.map((port) => bareService(port, nameOf(port, programs)))
    : withoutGuarded([...announced(directory), ...declared(programs)]);
  return new Map(services.map((service) => [service.port, service]));
}

const bareService = (port: number, name: string): WebService => ({ port, target: port, name });

/** Leaves out every service whose port another announcement names as the one behind a front. */
function withoutGuarded(services: WebService[]): WebService[] {
  const guarded = new Set(services.flatMap(({ behind }) => behind ?? []));
  return services.filter(({ target }) => !guarded.has(target));
}

function declared(programs: Program[]): WebService[] {
  return programs.flatMap(({ id, state, spec: { webPort, webName } }) =>
    // A program that is being restarted keeps its tunnel.
    webPort === undefined || !(isUp(state) || state === "STOPPING")
      ? []
      : [bareService(webPort, webName ?? id)],
  );
}

function nameOf(port: number, programs: Program[]): string {
  const program = programs.find(({ spec }) => spec.webPort === port);
  return program?.spec.webName ?? program?.id ?? `port ${port}`;
}

function announced(directory: string): WebService[] {
  return portFiles(directory).flatMap((file) => {
    const port = Number(file);
    const fields = readAnnouncement(`${directory}/${file}`);
    if (fields === undefined) return [];
    const { listen_port = port, proxy_port = port, proxy_secure, service_name } = fields;
    const service = bareService(port, service_name ?? `port ${file}`);
    if (proxy_port !== listen_port) return [{ ...service, target: proxy_port, behind: listen_port }];
    // proxy_secure tells of a front, and no field tells its port.
    return proxy_secure === true ? [] : [{ ...service, target: listen_port }];
  });
}

function portFiles(directory: string): string[] {
  try {
    return readdirSync(directory).filter((name) => portNumber.safeParse(name).success);
  } catch {
    return [];
  }
}

/**
 * Reads an announcement. A file that holds no JSON object announces the port in its name. Undefined for an object that is
 * cut off or has a value that cannot be read: a tunnel could lead past the front that the object is to name.
 */
function readAnnouncement(path: string): z.infer<typeof announcement> | undefined {
  try {
    const text = readIfExists(path)?.trim() ?? "";
    return text.startsWith("{") ? announcement.parse(JSON.parse(text)) : {};
  } catch {
    return undefined;
  }
}
