import { environmentFor, type Environment } from "./process.ts";
import { ServedFolder } from "./serve.ts";

/** A folder whose files come one after the other is served for all of them. */
const LINGER_MILLISECONDS = 200;

interface Shared {
  served: Promise<ServedFolder>;
  users: number;
  timer?: NodeJS.Timeout;
}

const shared = new Map<string, Shared>();

/** A served folder, which others may use as well; disposal returns it. Throws DownloadError. */
export async function borrowFolder(
  folder: string,
  env: Environment,
  signal: AbortSignal,
): Promise<{ socket: string } & Disposable> {
  const key = JSON.stringify([folder, environmentFor(folder, env)]);
  const entry = shared.get(key) ?? { served: ServedFolder.start(folder, env, signal), users: 0 };
  shared.set(key, entry);
  clearTimeout(entry.timer);
  entry.users++;
  const leave = (milliseconds: number) => {
    entry.users--;
    if (entry.users === 0) entry.timer = setTimeout(() => end(key, entry), milliseconds);
  };
  try {
    const served = await entry.served;
    if (served.isRunning)
      return { socket: served.socket, [Symbol.dispose]: () => leave(LINGER_MILLISECONDS) };
  } catch (error) {
    entry.users--;
    forget(key, entry);
    throw error;
  }
  // Somebody has ended that rclone: whoever still uses it will see, and the next one is another.
  forget(key, entry);
  leave(0);
  return await borrowFolder(folder, env, signal);
}

function forget(key: string, entry: Shared): void {
  if (shared.get(key) === entry) shared.delete(key);
}

function end(key: string, entry: Shared): void {
  forget(key, entry);
  void entry.served.then(async (served) => await served[Symbol.asyncDispose]());
}
