import { errnoOf } from "../errors.ts";
import { childExit, sendSignal, spawnChild } from "./children.ts";
import type { Mount } from "./mounts.ts";

/** Of coreutils. Asks by statfs(), for which NFS and FUSE have no cache, as they have for what stat() tells. */
const STAT = ["/usr/bin/stat", "--file-system", "--format=", "--"];

/** Looking for a name asks those that know their room by heart, such as file systems on object storage. */
const NAME = ".ai-dock-answer";

/** Answers that processes wait for, by where the mount is. One that the kernel holds is never doubled. */
const waiting = new Map<string, Promise<boolean>>();
const pids = new Set<number>();

/** Those that do not answer in time. Each is asked by a process of its own, which may stay where it is for ever. */
export async function whoIsSilent(
  mounts: Mount[],
  milliseconds: number,
  signal?: AbortSignal,
): Promise<Mount[]> {
  const silent = new Set(mounts);
  const answers = mounts.map(async (mount) => {
    if (await ask(mount)) silent.delete(mount);
  });
  const { promise: over, resolve } = Promise.withResolvers<void>();
  const giveUp = () => resolve();
  const timer = setTimeout(giveUp, milliseconds);
  signal?.addEventListener("abort", giveUp);
  if (signal?.aborted) giveUp();
  await Promise.race([Promise.all(answers), over]);
  clearTimeout(timer);
  signal?.removeEventListener("abort", giveUp);
  return [...silent];
}

/** Resolves with true once a mount has answered, an error included; with false where the process was killed. */
export async function ask({ target }: Mount): Promise<boolean> {
  let answer = waiting.get(target);
  if (answer === undefined) {
    answer = begin(target).finally(() => waiting.delete(target));
    waiting.set(target, answer);
  }
  return await answer;
}

async function begin(target: string): Promise<boolean> {
  try {
    const child = spawnChild({
      command: [...STAT, target, `${target}/${NAME}`],
      env: { LANG: "C.UTF-8" },
      cwd: "/",
      stdout: "ignore",
      stderr: "ignore",
    });
    // A command that has its answer ends, whoever still waits.
    child.unref();
    pids.add(child.pid);
    await child.exited;
    pids.delete(child.pid);
    return childExit(child).signal === null;
  } catch (error) {
    // Without that program nobody can tell, as ever.
    return errnoOf(error) === "ENOENT";
  }
}

/** For a command, which does not wait for late answers. */
export function endQuestions(): void {
  for (const pid of pids) sendSignal(pid, "KILL");
}
