import {
  closeSync,
  constants,
  fstatSync,
  type FSWatcher,
  openSync,
  readdirSync,
  readSync,
  statSync,
  watch,
} from "node:fs";
import { flag, integer } from "../../env/types.ts";

/** Images of later versions of the original announce web services here, in a file for each port. */
export const PORTS_DIRECTORY = "/run/http_ports";

/** Anybody in a group may write files there; all of them are read at each change. */
export const MOST_ANNOUNCEMENTS = 200;

/** In bytes. */
const LARGEST_ANNOUNCEMENT = 64 * 1024;
/** In bytes as stat(2) tells, which is some ten thousand entries: reading more of them would stop PID 1 for long. */
const LARGEST_DIRECTORY = 256 * 1024;

/** Between two looks that changes cause: whoever may write there could cause a hundred thousand each second. */
const REST_MILLISECONDS = 200;
/** Between two looks while the kernel tells of no change. */
const BLIND_MILLISECONDS = 5000;

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

/** Why the directory is not read; undefined where it is. */
export function whyNotRead(directory = PORTS_DIRECTORY): string | undefined {
  const size = statSync(directory, { throwIfNoEntry: false })?.size ?? 0;
  if (size <= LARGEST_DIRECTORY) return undefined;
  return `"${directory}": expected at most ${MOST_ANNOUNCEMENTS} files, got a directory of ${size} bytes; no service in it is shown`;
}

function portFiles(directory: string): string[] {
  try {
    if (whyNotRead(directory) !== undefined) return [];
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
const LONGEST_URL = 2000;

/** What a terminal obeys, breaks the line, or turns the order of letters around. */
const UNSHOWABLE = /[\p{Cc}\p{Zl}\p{Zp}\u202A-\u202E\u2066-\u2069]/u;

const isUrl = (text: string) =>
  text.length <= LONGEST_URL && /^https?:/i.test(text) && !/[\p{C}\s]/u.test(text) && URL.canParse(text);

/** How each field reads a text that is not empty; undefined for one that is not valid. */
const types = {
  listen_port: port,
  proxy_port: port,
  proxy_secure: flag,
  service_name: (text: string) => (text.length <= LONGEST_NAME && !UNSHOWABLE.test(text) ? text : undefined),
  service_url: (text: string) => (isUrl(text) ? text : undefined),
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

/**
 * Programs write these files: a FIFO must not block PID 1, nor a large file fill its memory, and no link of either kind
 * shows what its maker cannot read.
 */
function readSmallFile(path: string): string {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const stat = fstatSync(fd);
    if (!stat.isFile() || stat.nlink !== 1 || stat.size > LARGEST_ANNOUNCEMENT)
      throw new Error("no announcement");
    const bytes = Buffer.alloc(stat.size);
    return bytes.toString("utf8", 0, readSync(fd, bytes));
  } finally {
    closeSync(fd);
  }
}

/**
 * Calls back after changes of the announcements, once for those of 200 ms. While their directory cannot be watched, as where
 * other containers have taken all inotify instances of the host, it is looked at every few seconds. The result ends that.
 */
export function watchAnnouncements(
  onChange: () => void,
  directory = PORTS_DIRECTORY,
  blindMilliseconds = BLIND_MILLISECONDS,
): () => void {
  let watcher: FSWatcher | undefined;
  let rest: Timer | undefined;
  // No watch while it rests: each event costs PID 1 something, whatever is done about it.
  const arm = () => {
    try {
      watcher = watch(directory, { persistent: false }, changed).on("error", changed);
    } catch {
      watcher = undefined;
      lookAgain(blindMilliseconds);
    }
  };
  const changed = () => {
    if (rest !== undefined) return;
    watcher?.close();
    lookAgain(REST_MILLISECONDS);
  };
  const lookAgain = (milliseconds: number) => {
    rest = setTimeout(() => {
      rest = undefined;
      arm();
      // What has changed meanwhile is there by now.
      onChange();
    }, milliseconds).unref();
  };
  arm();
  return () => {
    clearTimeout(rest);
    watcher?.close();
  };
}
