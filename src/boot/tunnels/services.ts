import { mkdirSync, readdirSync } from "node:fs";
import { z } from "zod";
import { type WebService } from "../../programs/builtin/cloudflared/quick.ts";
import { isUp } from "../../supervisor/machine.ts";
import type { Program } from "../../supervisor/program.ts";
import { readIfExists } from "../../sys/fs.ts";
import { isPortTaken } from "../../sys/proc.ts";

/** Where images built on later versions of the original announce their web services, one file a port. */
const PORTS_DIRECTORY = "/run/http_ports";

/** Such images write there without making it. */
export function ensurePortsDirectory(): void {
  try {
    mkdirSync(PORTS_DIRECTORY, { recursive: true });
  } catch {
    // Then nothing can be announced.
  }
}

const portNumber = z.coerce.number().int().min(1).max(65535);
const announcement = z.object({
  listen_port: portNumber.optional().catch(undefined),
  proxy_port: portNumber.optional().catch(undefined),
  service_name: z.string().optional().catch(undefined),
});

/** The ports to open tunnels for, by number: those listed, or with `true` all that are announced. */
export function webServices(wanted: boolean | number[], programs: Program[]): Map<number, WebService> {
  const services = Array.isArray(wanted)
    ? wanted.map((port) => ({ port, target: port, name: nameOf(port, programs) }))
    : [...announced(), ...declared(programs)];
  return new Map(services.map((service) => [service.port, service]));
}

function declared(programs: Program[]): WebService[] {
  return programs.flatMap(({ id, state, spec: { webPort, webName } }) =>
    webPort === undefined || !isUp(state) ? [] : [{ port: webPort, target: webPort, name: webName ?? id }],
  );
}

function nameOf(port: number, programs: Program[]): string {
  const program = programs.find(({ spec }) => spec.webPort === port);
  return program?.spec.webName ?? program?.id ?? `port ${port}`;
}

function announced(directory = PORTS_DIRECTORY): WebService[] {
  return portFiles(directory).map((file) => {
    const port = Number(file);
    const { listen_port, proxy_port, service_name } = readAnnouncement(`${directory}/${file}`);
    return { port, target: target(port, proxy_port, listen_port), name: service_name ?? `port ${file}` };
  });
}

function portFiles(directory: string): string[] {
  try {
    return readdirSync(directory).filter((name) => portNumber.safeParse(name).success);
  } catch {
    return [];
  }
}

/** A file of any content announces the port in its name. */
function readAnnouncement(path: string): z.infer<typeof announcement> {
  try {
    return announcement.parse(JSON.parse(readIfExists(path) ?? ""));
  } catch {
    return {};
  }
}

/** The proxy in front of the service where there is one, which asks for a password; else the service. */
function target(port: number, proxy = port, listen = port): number {
  return isPortTaken(proxy) || proxy === listen ? proxy : listen;
}
