import { mkdirSync, readdirSync } from "node:fs";
import { z } from "zod";
import { type WebService } from "./quick-program.ts";
import { isUp } from "../../supervisor/machine.ts";
import type { Program } from "../../supervisor/program.ts";
import { readIfExists } from "../../sys/fs.ts";

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
export function webServices(
  wanted: boolean | number[],
  programs: Program[],
  directory = PORTS_DIRECTORY,
): Map<number, WebService> {
  const services = Array.isArray(wanted)
    ? wanted.map((port) => ({ port, targets: [port], name: nameOf(port, programs) }))
    : [...announced(directory), ...declared(programs)];
  return new Map(services.map((service) => [service.port, service]));
}

function declared(programs: Program[]): WebService[] {
  return programs.flatMap(({ id, state, spec: { webPort, webName } }) =>
    // One that is being restarted keeps its tunnel.
    webPort === undefined || !(isUp(state) || state === "STOPPING")
      ? []
      : [{ port: webPort, targets: [webPort], name: webName ?? id }],
  );
}

function nameOf(port: number, programs: Program[]): string {
  const program = programs.find(({ spec }) => spec.webPort === port);
  return program?.spec.webName ?? program?.id ?? `port ${port}`;
}

function announced(directory: string): WebService[] {
  return portFiles(directory).map((file) => {
    const port = Number(file);
    const { listen_port = port, proxy_port = port, service_name } = readAnnouncement(`${directory}/${file}`);
    const targets = [...new Set([proxy_port, listen_port])];
    return { port, targets, name: service_name ?? `port ${file}` };
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
