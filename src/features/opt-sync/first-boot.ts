import { readFileSync, statSync } from "node:fs";
import { ensureDirectory, readIfExists, writeFileAtomic } from "../../sys/fs.ts";

const DIRECTORY = "/var/lib/ai-dock";

/** Others pass through, and see no names. */
const PASSAGE = 0o711;

/** Docker makes it with the container, unless the image was made of a container's files (docker import). */
const CREATED = "/.dockerenv";

export interface FirstBootPlaces {
  directory: string;
  created: string;
  /** A file of the image. */
  image: string;
  mountinfo: string;
}

const standardPlaces: FirstBootPlaces = {
  directory: DIRECTORY,
  created: CREATED,
  image: process.execPath,
  mountinfo: "/proc/self/mountinfo",
};

/**
 * The time in milliseconds since which files of this container may have been changed: what is older is the image's. Keeps
 * the start of the first boot for those that follow. Never throws.
 */
export function unchangedUntil(started: number, places = standardPlaces): number {
  const path = `${places.directory}/first-boot`;
  const container = upperLayer(places.mountinfo);
  const [created, image] = [places.created, places.image].map(changeTime) as [number, number];
  const first = read(path, container) ?? keep(path, started, container, places.directory);
  const since = created < image ? first : Math.min(first, created);
  // The clock was wrong, then or now. Files have fractions of the milliseconds that the clock tells.
  return Math.floor(since) > Date.now() ? 0 : since;
}

const changeTime = (path: string) =>
  statSync(path, { throwIfNoEntry: false })?.ctimeMs ?? Number.POSITIVE_INFINITY;

/** Undefined where there is no record, or that of another container, of which the image was made. */
function read(path: string, container: string): number | undefined {
  try {
    const text = readIfExists(path);
    if (text === undefined) return undefined;
    const [, time = "0", of] = /^(\d+) (.*)\n$/.exec(text) ?? [];
    return of === undefined || of === container ? Number(time) : undefined;
  } catch {
    return 0;
  }
}

function keep(path: string, started: number, container: string, directory: string): number {
  const time = Math.floor(started);
  try {
    ensureDirectory(directory, PASSAGE);
    writeFileAtomic(path, `${time} ${container}\n`);
  } catch {
    // Where the container cannot be written, nobody changes its files either.
  }
  return time;
}

/** What tells this container from another one of the same image; "" where the engine has no overlays. */
function upperLayer(mountinfo: string): string {
  const root = readFileSync(mountinfo, "utf8")
    .split("\n")
    .find((line) => line.split(" ")[4] === "/");
  return /[ ,]upperdir=([^ ,]+)/.exec(root ?? "")?.[1] ?? "";
}
