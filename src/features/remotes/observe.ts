import { messageOf } from "../../errors.ts";
import { logger } from "../../log.ts";
import { formatFiles } from "../../sys/disk.ts";
import type { DirectoryHandle } from "../../sys/directory-handle.ts";
import type { Explanation, Observed, Observer } from "../../programs/spec.ts";
import { adoptUploads, folderInUse } from "./adopt.ts";
import { pendingIn } from "./cache.ts";
import { lastMessage, mountControl } from "./control.ts";
import type { RemoteLayout } from "./layout.ts";
import type { RemoteMount } from "./mount.ts";
import { isMounted } from "./mount-point.ts";
import { writeAgain } from "./repair.ts";

const FIRST_LOOK_MILLISECONDS = 10;
const LONGEST_LOOK_MILLISECONDS = 250;
const UPLOADS_LOOK_MILLISECONDS = 2000;

/** How much of rclone's output is kept to explain its end. */
const LAST_OUTPUT = 4096;

/** Mistakes in the configuration; a retry cannot help. */
const hopeless = /didn't find section in config file|didn't find backend called/;

const log = logger("remotes");

/** Prepares a start of rclone and observes the process: mounted or not, stuck uploads, last error. */
export function observeMount(mount: RemoteMount, { over, ready, note, fact }: Observed): Observer {
  const { layout } = mount;
  mount.lend();
  over.addEventListener("abort", () => mount.ended());
  fact("remote", layout.remote.name);
  fact("path", layout.mountPoint);
  let last = "";
  let restarting: string | undefined;
  let looking = false;
  let measuring: Promise<Record<string, number>> | undefined;
  const begin = async () => {
    await untilMounted(layout, over);
    if (over.aborted) return;
    restarting = await restartReason(mount);
    if (restarting !== undefined && (await quit(layout))) return;
    restarting = undefined;
    ready(true);
    await mount.useCache((cache) => writeAgain(layout, cache, over));
  };
  void begin();
  return {
    onOutput(chunk) {
      const text = Buffer.from(chunk).toString();
      last = (last + text).slice(-LAST_OUTPUT);
      if (looking || !text.includes("vfs cache: ")) return;
      looking = true;
      void watchUploads(layout, over, note, () => lastMessage(last)).finally(() => {
        looking = false;
      });
    },
    // A question at a time: rclone may hang.
    measure: () =>
      (measuring ??= measure(layout).finally(() => {
        measuring = undefined;
      })),
    async explain({ signal }): Promise<Explanation | undefined> {
      await mount.repair();
      // A signal ended rclone; its last error was about something else.
      if (signal !== null) return undefined;
      if (restarting !== undefined) return { reason: restarting };
      const reason = lastMessage(last);
      return reason === undefined ? undefined : { reason, fatal: hopeless.test(reason) };
    },
  };
}

/** What a running rclone says of its uploads and transfers. Throws when it does not answer. */
async function measure({ socket }: RemoteLayout): Promise<Record<string, number>> {
  const control = mountControl(socket);
  const [cache, { errors, bytes }] = await Promise.all([control.stats(), control.transfers()]);
  const ofCache =
    cache === undefined
      ? {}
      : { pending: cache.uploadsQueued + cache.uploadsInProgress, cached_bytes: cache.bytesUsed };
  return { ...ofCache, errors, transferred_bytes: bytes };
}

async function untilMounted({ given }: RemoteLayout, over: AbortSignal): Promise<void> {
  let wait = FIRST_LOOK_MILLISECONDS;
  while (!over.aborted && !isMounted(given.mountPoint)) {
    await Bun.sleep(wait);
    wait = Math.min(wait * 1.5, LONGEST_LOOK_MILLISECONDS);
  }
}

/** Shows the new mount to everyone. Why rclone has to start again instead, or undefined. */
async function restartReason(mount: RemoteMount): Promise<string | undefined> {
  const { remote, mountPoint } = mount.layout;
  try {
    mount.show();
  } catch (error) {
    return `"${mountPoint}" cannot be mounted: ${messageOf(error)}`;
  }
  try {
    return (await mount.useCache((cache) => adopt(mount.layout, cache)))
      ? "starts again with the uploads of earlier settings"
      : undefined;
  } catch (error) {
    log.warn(`${remote.name}: uploads of earlier settings are not looked for: ${messageOf(error)}`);
    return undefined;
  }
}

/** False where rclone does not listen; uploads of earlier settings then wait for its next start. */
async function quit({ socket }: RemoteLayout): Promise<boolean> {
  return mountControl(socket)
    .quit()
    .then(
      () => true,
      () => false,
    );
}

/** True when uploads of earlier settings were found, for which rclone has to start again. */
async function adopt(layout: RemoteLayout, cache: DirectoryHandle): Promise<boolean> {
  const { remote, cache: shown } = layout;
  const stats = await mountControl(layout.socket).stats();
  if (stats === undefined) {
    const { files } = await pendingIn(cache);
    if (files > 0)
      log.warn(
        `${remote.name}: "${shown}" holds ${formatFiles(files)}, whose upload takes RCLONE_VFS_CACHE_MODE=full`,
      );
    return false;
  }
  const inUse = folderInUse(layout.given.cache, stats.path);
  if (inUse === undefined) return false;
  const { moved, conflicts, outside } = await adoptUploads(cache, inUse);
  for (const path of conflicts)
    log.warn(
      `${remote.name}: "${shown}/${path}" stays: another version waits, too, or its record is cut off`,
    );
  if (outside > 0)
    log.warn(
      `${remote.name}: "${shown}" holds ${formatFiles(outside)} for a folder that it does not show any more`,
    );
  if (moved > 0)
    log.info(`${remote.name}: uploads that waited under earlier settings go on`, { files: moved });
  return moved > 0;
}

/** Notes stuck uploads in `status` until all are done. */
async function watchUploads(
  { socket }: RemoteLayout,
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
