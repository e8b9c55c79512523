import { accessSync, constants, existsSync } from "node:fs";
import { AiDockError } from "../../../errors.ts";
import { run } from "../../../sys/exec.ts";
import { ensureDirectory } from "../../../sys/fs.ts";

const STANDARD_DIRECTORY = "/etc/ssh";
const FALLBACK_DIRECTORY = "/run/ai-dock/ssh";

/** Both take a few milliseconds, where RSA takes a second; every client of the last ten years knows them. */
const types = ["ed25519", "ecdsa"] as const;

/** A key that is there already, for example from a volume, is offered, too. */
const offered = [...types, "rsa"];

/**
 * Makes the missing host keys, and returns the paths of all there are.
 * They stay in /etc/ssh, so that a restarted container is known to its clients; where that is
 * read-only they last as long as the container. Throws AiDockError when none could be made.
 */
export async function ensureHostKeys(): Promise<string[]> {
  const directory = keyDirectory();
  const failures = await Promise.all(types.map((type) => makeKey(directory, type)));
  const paths = hostKeyPaths(directory);
  if (paths.length > 0) return paths;
  throw new AiDockError(
    `No ssh host key could be made in ${directory}: ${failures.find(Boolean) ?? "unknown error"}`,
  );
}

function keyDirectory(): string {
  try {
    accessSync(STANDARD_DIRECTORY, constants.W_OK);
    return STANDARD_DIRECTORY;
  } catch {
    if (hostKeyPaths(STANDARD_DIRECTORY).length > 0) return STANDARD_DIRECTORY;
    ensureDirectory(FALLBACK_DIRECTORY, 0o700);
    return FALLBACK_DIRECTORY;
  }
}

function hostKeyPaths(directory: string): string[] {
  return offered.map((type) => keyPath(directory, type)).filter((path) => existsSync(path));
}

/** Undefined when the key is there, else what ssh-keygen said. */
async function makeKey(directory: string, type: string): Promise<string | undefined> {
  const path = keyPath(directory, type);
  if (existsSync(path)) return undefined;
  const command = ["/usr/bin/ssh-keygen", "-q", "-t", type, "-N", "", "-C", "", "-f", path];
  const { code, stdout, stderr } = await run(command);
  return code === 0 ? undefined : (stderr || stdout).trim();
}

function keyPath(directory: string, type: string): string {
  return `${directory}/ssh_host_${type}_key`;
}
