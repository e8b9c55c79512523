import { mountControl, type Upload } from "./control.ts";

const LOOK_MILLISECONDS = 50;

/** Concurrent uploads while a stop waits for the last one; rclone's default is 4. */
const TRANSFERS = 16;

/**
 * Uploads everything pending now. Ends when nothing is pending, when every pending upload has failed once more, when
 * rclone does not answer, or on abort.
 */
export async function drain(socket: string, signal: AbortSignal): Promise<void> {
  const control = mountControl(socket, signal);
  /** Attempts at each upload before the one that counts here; rclone counts an attempt when it begins. */
  const before = new Map<number, number>();
  const isWaitedFor = ({ id, tries, uploading }: Upload) => {
    const attempts = tries - (before.get(id) ?? 0);
    return attempts === 0 || (attempts === 1 && uploading);
  };
  await control.setTransfers(TRANSFERS).catch(() => undefined);
  while (!signal.aborted) {
    const uploads = await control.queue().catch(() => undefined);
    if (uploads === undefined) break;
    const fresh = uploads.filter(({ id }) => !before.has(id));
    for (const { id, tries, uploading } of fresh) before.set(id, uploading ? tries - 1 : tries);
    const waiting = fresh.filter(({ uploading }) => !uploading);
    // An upload may be done by now.
    await Promise.all(waiting.map(({ id }) => control.hasten(id).catch(() => undefined)));
    if (!uploads.some(isWaitedFor)) break;
    await Bun.sleep(LOOK_MILLISECONDS);
  }
}
