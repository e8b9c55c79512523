import { accessSync, constants, existsSync } from "node:fs";
import { AiDockError, messageOf } from "../../errors.ts";
import { run } from "../../sys/run.ts";
import { ensureDirectory } from "../../sys/fs.ts";
import { runtimePath } from "../../sys/runtime-directory.ts";
import { loadHostKey, SSH_KEYGEN } from "./load-host-key.ts";

/** Where host keys belong, and where they are made or copied to when those cannot be used. */
const standardDirectories = () => ({ standard: "/etc/ssh", spare: runtimePath("ssh") });

export type HostKeyDirectories = ReturnType<typeof standardDirectories>;

/** Both take a few milliseconds, where RSA takes a second; every client of the last ten years knows them. */
const types = ["ed25519", "ecdsa"];

/** A key that is there already, for example from a volume, is offered, too. */
const offered = [...types, "rsa"];

type Outcome = { path: string } | { failure: string } | undefined;

/**
 * Makes the missing host keys, and returns the paths of all that sshd can load. They stay in /etc/ssh, so that a
 * restarted container is known to its clients; where that is read-only they last as long as the container.
 * Throws AiDockError when there is none.
 */
export async function ensureHostKeys(directories = standardDirectories()): Promise<string[]> {
  const kept = await Promise.all(offered.map((type) => keep(directories, type)));
  // A read-only directory with keys has those that its owner wants.
  const isComplete = kept.some(hasPath) && !isWritable(directories.standard);
  const all = isComplete ? kept : await Promise.all(kept.map((key, at) => complete(directories, key, at)));
  const paths = all.flatMap((key) => (hasPath(key) ? key.path : []));
  if (paths.length > 0) return paths;
  const failure = all.flatMap((key) => (key !== undefined && "failure" in key ? key.failure : []))[0];
  const { standard, spare } = directories;
  throw new AiDockError(
    `No ssh host key could be made in ${standard} or ${spare}: ${failure || "unknown error"}`,
  );
}

const hasPath = (key: Outcome): key is { path: string } => key !== undefined && "path" in key;

async function attempt(action: () => Promise<Outcome>): Promise<Outcome> {
  try {
    return await action();
  } catch (error) {
    return { failure: messageOf(error) };
  }
}

/** The key that is there, as a file that sshd loads. */
async function keep({ standard, spare }: HostKeyDirectories, type: string): Promise<Outcome> {
  const copy = keyPath(spare, type);
  let failure: Outcome;
  for (const path of [keyPath(standard, type), copy].filter((candidate) => existsSync(candidate))) {
    try {
      const usable = await loadHostKey(path, copy);
      if (usable !== undefined) return { path: usable };
    } catch (error) {
      // A folder, or what a volume keeps from root; there may be a copy.
      failure = { failure: messageOf(error) };
    }
  }
  return failure;
}

async function complete(directories: HostKeyDirectories, key: Outcome, at: number): Promise<Outcome> {
  const type = types[at];
  return hasPath(key) || type === undefined ? key : await attempt(() => make(directories, type));
}

/** A new key; in the spare directory where the other one does not take it. */
async function make({ standard, spare }: HostKeyDirectories, type: string): Promise<Outcome> {
  let failure = "";
  for (const directory of isWritable(standard) ? [standard, spare] : [spare]) {
    const path = keyPath(directory, type);
    // One that can neither be used nor put away.
    if (existsSync(path)) continue;
    if (directory === spare) ensureDirectory(spare, 0o700);
    const { code, stdout, stderr } = await run([...SSH_KEYGEN, "-t", type, "-N", "", "-C", "", "-f", path]);
    if (code !== 0) failure ||= (stderr || stdout).trim();
    else return { path: (await loadHostKey(path, keyPath(spare, type))) ?? path };
  }
  return { failure };
}

function isWritable(directory: string): boolean {
  try {
    accessSync(directory, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function keyPath(directory: string, type: string): string {
  return `${directory}/ssh_host_${type}_key`;
}
