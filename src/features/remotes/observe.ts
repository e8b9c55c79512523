import { rmSync } from "node:fs";
import { dirname } from "node:path";
import { messageOf } from "../../errors.ts";
import { logger } from "../../log.ts";
import { ensureDirectory } from "../../sys/fs.ts";
import { formatFiles } from "../../sys/disk.ts";
import type { Explanation, Observed, Observer } from "../../programs/spec.ts";
import { adoptUploads, pendingIn } from "./cache.ts";
import { mountControl } from "./control.ts";
import { coverMountPoint, isMounted, openMountPoint } from "./mount-point.ts";
import type { Place } from "./layout.ts";
import { keepTorn, requireCache, writeAgain } from "./repair.ts";
import { lastMessage } from "./messages.ts";

const FIRST_LOOK_MILLISECONDS = 10;
const LONGEST_LOOK_MILLISECONDS = 250;
const UPLOADS_LOOK_MILLISECONDS = 2000;

/** Of its output so much is kept to tell why it ended. */
const LAST_OUTPUT = 4096;

/** Mistakes in the configuration, which no further attempt mends. */
const hopeless = /didn't find section in config file|didn't find backend called/;

const log = logger("remotes");

/** Prepares the place of a mount for a new rclone and watches that one: mounted or not, uploads, last words. */
export function observeMount(place: Place, { over, ready, note, fact }: Observed): Observer {
  requireCache(place);
  openMountPoint(place.mountPoint);
  ensureDirectory(dirname(place.socket), 0o700);
  // One that was killed has left it, and the next could not listen.
  rmSync(place.socket, { force: true });
  over.addEventListener("abort", () => clearAfter(place));
  fact("remote", place.remote.name);
  fact("path", place.mountPoint);
  let last = "";
  let restarting = false;
  let looking = false;
  const begin = async () => {
    await untilMounted(place, over);
    if (over.aborted) return;
    restarting = await startedOver(place).catch((error: unknown) => {
      log.warn(`${place.remote.name}: uploads of earlier settings are not looked for: ${messageOf(error)}`);
      return false;
    });
    if (restarting) return;
    ready(true);
    await writeAgain(place, over);
  };
  void begin();
  return {
    onOutput(chunk) {
      const text = Buffer.from(chunk).toString();
      last = (last + text).slice(-LAST_OUTPUT);
      if (looking || !text.includes("vfs cache: ")) return;
      looking = true;
      void watchUploads(place, over, note, () => lastMessage(last)).finally(() => {
        looking = false;
      });
    },
    async explain({ signal }): Promise<Explanation | undefined> {
      await keepTorn(place);
      // Its last words were about something else.
      if (signal !== null) return undefined;
      if (restarting) return { reason: "starts again with the uploads of earlier settings" };
      const reason = lastMessage(last);
      return reason === undefined ? undefined : { reason, fatal: hopeless.test(reason) };
    },
  };
}

/** Takes away a mount that rclone could not, because it was killed or someone is still in it. */
function clearAfter({ mountPoint, remote }: Place): void {
  try {
    coverMountPoint(mountPoint);
  } catch (error) {
    log.warn(`${remote.name}: "${mountPoint}" stays mounted: ${messageOf(error)}`);
  }
}

async function untilMounted({ mountPoint }: Place, over: AbortSignal): Promise<void> {
  let wait = FIRST_LOOK_MILLISECONDS;
  while (!over.aborted && !isMounted(mountPoint)) {
    await Bun.sleep(wait);
    wait = Math.min(wait * 1.5, LONGEST_LOOK_MILLISECONDS);
  }
}

/** True when uploads of earlier settings were found, for which rclone has to start again. */
async function startedOver({ cache, socket, remote }: Place): Promise<boolean> {
  const control = mountControl(socket);
  const stats = await control.stats();
  if (stats === undefined) {
    const { files } = await pendingIn(cache);
    if (files > 0)
      log.warn(
        `${remote.name}: "${cache}" holds ${formatFiles(files)}, whose upload takes RCLONE_VFS_CACHE_MODE=full`,
      );
    return false;
  }
  const { moved, conflicts, outside } = await adoptUploads(cache, stats.path);
  for (const path of conflicts)
    log.warn(`${remote.name}: "${path}" stays: another version waits, too, or its record is cut off`);
  if (outside > 0)
    log.warn(
      `${remote.name}: "${cache}" holds ${formatFiles(outside)} for a folder that it does not show any more`,
    );
  if (moved === 0) return false;
  log.info(`${remote.name}: uploads that waited under earlier settings go on`, { files: moved });
  // Where it cannot be told, they wait for the next start.
  return control.quit().then(
    () => true,
    () => false,
  );
}

/** Tells of uploads that do not get on, until all are done. */
async function watchUploads(
  { socket }: Place,
  over: AbortSignal,
  note: Observed["note"],
  lastWord: () => string | undefined,
): Promise<void> {
  const control = mountControl(socket);
  while (!over.aborted) {
    const cache = await control.stats().catch(() => null);
    if (cache === undefined) return;
    if (cache === null) {
      await Bun.sleep(UPLOADS_LOOK_MILLISECONDS);
      continue;
    }
    const waiting = cache.uploadsQueued + cache.uploadsInProgress;
    const full = cache.outOfSpace ? "no room in the cache" : undefined;
    if (waiting === 0 && full === undefined) {
      note(null);
      return;
    }
    note([full, `${waiting} uploads pending`, lastWord()].filter(Boolean).join("; "));
    await Bun.sleep(UPLOADS_LOOK_MILLISECONDS);
  }
}
