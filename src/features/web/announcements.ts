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
import { flag, integer } from "../../env/types.ts";

/** Images of later versions of the original announce web services here, in a file for each port. */
export const PORTS_DIRECTORY = "/run/http_ports";

/** Anybody in a group may write files there; all of them are read at each change. */
export const MOST_ANNOUNCEMENTS = 200;

/** In bytes. */
const LARGEST_ANNOUNCEMENT = 64 * 1024;

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
 * that says it has a front, without a port of its own for that. At most one more than MOST_ANNOUNCEMENTS, by port.
 */
export function announcements(directory = PORTS_DIRECTORY): Announcement[] {
  return portFiles(directory).flatMap((file) => {
    const own = Number(file);
    try {
      const { listen_port, proxy_port, proxy_secure, service_name, service_url } = readFields(
        `${directory}/${file}`,
      );
      const [listenPort, port] = [listen_port ?? own, proxy_port ?? own];
      if (port === listenPort && proxy_secure === true) return [];
      return [{ port, listenPort, name: service_name, url: service_url }];
    } catch {
      return [];
    }
  });
}

function portFiles(directory: string): string[] {
  try {
    return readdirSync(directory)
      .filter((name) => port(name) !== undefined)
      .toSorted((a, b) => Number(a) - Number(b))
      .slice(0, MOST_ANNOUNCEMENTS + 1);
  } catch {
    return [];
  }
}

const port = integer(1, 65535);

const LONGEST_NAME = 200;

/** How each field reads a text that is not empty; undefined for one that is not valid. */
const types = {
  listen_port: port,
  proxy_port: port,
  proxy_secure: flag,
  service_name: (text: string) => (text.length <= LONGEST_NAME ? text : undefined),
  service_url: (text: string) => (/^https?:/i.test(text) && URL.canParse(text) ? text : undefined),
};

type Fields = { [Name in keyof typeof types]?: Exclude<ReturnType<(typeof types)[Name]>, undefined> };

/**
 * The fields of a file; none where it holds no JSON object. Values may be strings; an empty one is none. Throws for an
 * object that is cut off or has an invalid value.
 */
function readFields(path: string): Fields {
  const text = readSmallFile(path).trim();
  if (!text.startsWith("{")) return {};
  const given = JSON.parse(text) as Record<string, unknown>;
  const read = Object.entries(types).flatMap(([name, type]) => {
    const value = given[name];
    if (value === undefined || value === null || value === "") return [];
    if (typeof value !== "string" && typeof value !== "number" && typeof value !== "boolean")
      throw new Error(name);
    const parsed = type(String(value));
    if (parsed === undefined) throw new Error(name);
    return [[name, parsed]];
  });
  return Object.fromEntries(read) as Fields;
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
