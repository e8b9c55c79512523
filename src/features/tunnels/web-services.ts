import { closeSync, constants, fstatSync, openSync, readdirSync, readSync } from "node:fs";
import { z } from "zod";
import { lazy } from "../../lazy.ts";
import { type WebService } from "./quick-program.ts";
import { isUp } from "../../supervisor/machine.ts";
import type { Program } from "../../supervisor/program.ts";

/** Images of later versions of the original announce web services here, in a file for each port. */
export const PORTS_DIRECTORY = "/run/http_ports";

/** In bytes. */
const LARGEST_ANNOUNCEMENT = 64 * 1024;

const portNumber = lazy(() => z.coerce.number().int().min(1).max(65535));
const isBlank = (value: unknown) => value === "" || value === null;
const optional = <Schema extends z.ZodType>(schema: Schema) =>
  z.preprocess((value) => (isBlank(value) ? undefined : value), schema.optional());

/** The fields of an announcement. Values may be strings; the empty string means no value. */
const announcement = lazy(() =>
  z.object({
    listen_port: optional(portNumber()),
    proxy_port: optional(portNumber()),
    proxy_secure: optional(z.union([z.boolean(), z.stringbool()])),
    service_name: optional(z.string()),
  }),
);

/** The services to open tunnels to, by port: those of the list `wanted`, or with `true` all that are announced. */
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

/** Leaves out each service on a port that an announcement names as behind a front. */
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
    // proxy_secure says that there is a front, and no field names its port.
    return proxy_secure === true ? [] : [{ ...service, target: listen_port }];
  });
}

function portFiles(directory: string): string[] {
  try {
    return readdirSync(directory).filter((name) => portNumber().safeParse(name).success);
  } catch {
    return [];
  }
}

/**
 * Reads an announcement. A file without a JSON object announces the port in its name. Undefined for an object that is cut
 * off or has an invalid value, as a tunnel could lead past the front that the object is to name; for a file too large to be
 * one; and for what is no file.
 */
function readAnnouncement(path: string): z.infer<ReturnType<typeof announcement>> | undefined {
  try {
    const text = readSmallFile(path).trim();
    return text.startsWith("{") ? announcement().parse(JSON.parse(text)) : {};
  } catch {
    return undefined;
  }
}

/** Programs write these files: a FIFO must not block PID 1, nor a symlink or a large file fill its memory. */
function readSmallFile(path: string): string {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const stat = fstatSync(fd);
    if (!stat.isFile() || stat.size > LARGEST_ANNOUNCEMENT) throw new Error("no announcement");
    const bytes = Buffer.alloc(stat.size);
    return bytes.toString("utf8", 0, readSync(fd, bytes));
  } finally {
    closeSync(fd);
  }
}
