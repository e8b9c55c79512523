import {
  closeSync,
  constants,
  fstatSync,
  type FSWatcher,
  openSync,
  readdirSync,
  readSync,
  watch,
} from "node:fs";
import { z } from "zod";

/** Images of later versions of the original announce web services here, in a file for each port. */
export const PORTS_DIRECTORY = "/run/http_ports";

/** In bytes. */
const LARGEST_ANNOUNCEMENT = 64 * 1024;

const portNumber = z.coerce.number().int().min(1).max(65535);
const isBlank = (value: unknown) => value === "" || value === null;
const optional = <Schema extends z.ZodType>(schema: Schema) =>
  z.preprocess((value) => (isBlank(value) ? undefined : value), schema.optional());

/** The fields of an announcement. Values may be strings; the empty string means no value. */
const fields = z.object({
  listen_port: optional(portNumber),
  proxy_port: optional(portNumber),
  proxy_secure: optional(z.union([z.boolean(), z.stringbool()])),
  service_name: optional(z.string().max(200)),
  service_url: optional(z.url({ protocol: /^https?$/ })),
});

/** One announced service. */
export interface Announcement {
  /** Where browsers come to. */
  port: number;
  /** Where the service listens; the same port for one without a front. */
  listenPort: number;
  name: string | undefined;
  /** An address that the service gives itself. */
  url: string | undefined;
}

/**
 * The announced services. A file without a JSON object announces the port in its name. An object that is cut off or has an
 * invalid value announces nothing, as the service could be shown past the front that the object is to name; nor does one
 * that says it has a front, without a port of its own for that.
 */
export function announcements(directory = PORTS_DIRECTORY): Announcement[] {
  return portFiles(directory).flatMap((file) => {
    const own = Number(file);
    const found = readAnnouncement(`${directory}/${file}`);
    if (found === undefined) return [];
    const { listen_port: listenPort = own, proxy_port: port = own, proxy_secure: isSecure } = found;
    if (port === listenPort && isSecure === true) return [];
    return [{ port, listenPort, name: found.service_name, url: found.service_url }];
  });
}

function portFiles(directory: string): string[] {
  try {
    return readdirSync(directory).filter((name) => portNumber.safeParse(name).success);
  } catch {
    return [];
  }
}

function readAnnouncement(path: string): z.infer<typeof fields> | undefined {
  try {
    const text = readSmallFile(path).trim();
    return text.startsWith("{") ? fields.parse(JSON.parse(text)) : {};
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

/** Calls back after changes of the announcements; not where their directory cannot be watched. */
export function watchAnnouncements(onChange: () => void): FSWatcher | undefined {
  try {
    return watch(PORTS_DIRECTORY, { persistent: false }, onChange).on("error", () => undefined);
  } catch {
    return undefined;
  }
}
