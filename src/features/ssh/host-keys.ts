import { accessSync, constants, existsSync } from "node:fs";
import { AiDockError, messageOf } from "../../errors.ts";
import { run } from "../../sys/run.ts";
import { ensureDirectory } from "../../sys/fs.ts";
import { runtimePath } from "../../sys/runtime-directory.ts";
import { loadHostKey, SSH_KEYGEN } from "./load-host-key.ts";

/** Where host keys belong, and the directory for keys and copies where the former cannot be used. */
const standardDirectories = () => ({ standard: "/etc/ssh", spare: runtimePath("ssh") });

export type HostKeyDirectories = ReturnType<typeof standardDirectories>;

/** The types to generate: a few milliseconds each (RSA: a second), known to all clients of the last ten years. */
const types = ["ed25519", "ecdsa"];

/** The types to offer where a key exists, for example on a volume. */
const offered = [...types, "rsa"];

type Outcome = { path: string } | { failure: string } | undefined;

/**
 * Generates the missing host keys and returns the paths of all keys that sshd can load. Keys in /etc/ssh survive a restart
 * of the container; where /etc/ssh is read-only, keys live in the runtime directory. Throws AiDockError without any key.
 */
export async function ensureHostKeys(directories = standardDirectories()): Promise<string[]> {
  const kept = await Promise.all(offered.map((type) => keep(directories, type)));
  // A read-only directory with keys is complete: its owner has chosen them.
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

/** The existing key of a type, or a copy that sshd loads. */
async function keep({ standard, spare }: HostKeyDirectories, type: string): Promise<Outcome> {
  const copy = keyPath(spare, type);
  let failure: Outcome;
  for (const path of [keyPath(standard, type), copy].filter((candidate) => existsSync(candidate))) {
    try {
      const usable = await loadHostKey(path, copy);
      if (usable !== undefined) return { path: usable };
    } catch (error) {
      // A directory, or a file that a volume keeps from root; a copy may exist.
      failure = { failure: messageOf(error) };
    }
  }
  return failure;
}

async function complete(directories: HostKeyDirectories, key: Outcome, at: number): Promise<Outcome> {
  const type = types[at];
  return hasPath(key) || type === undefined ? key : await attempt(() => make(directories, type));
}

/** Generates a key, in the spare directory where the standard one is not writable or generation fails there. */
async function make({ standard, spare }: HostKeyDirectories, type: string): Promise<Outcome> {
  let failure = "";
  for (const directory of isWritable(standard) ? [standard, spare] : [spare]) {
    const path = keyPath(directory, type);
    // A key that can neither be used nor renamed stays.
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
