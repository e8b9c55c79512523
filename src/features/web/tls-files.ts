import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
} from "node:fs";
import { networkInterfaces } from "node:os";
import { messageOf } from "../../errors.ts";
import { runtimePath } from "../../sys/runtime-directory.ts";
import { sha256 } from "../../sys/crypto.ts";
import { writeFileAtomic } from "../../sys/fs.ts";
import type { TlsPlan } from "./caddy-tls.ts";
import { makeFor } from "./directories.ts";
import { outside } from "./links.ts";
import type { WebSettings } from "./settings.ts";
import { caddyUser } from "./users.ts";

/** Where users mount a certificate, and where vast.ai puts one. */
const PAIRS = [
  ["/opt/caddy/tls/container.crt", "/opt/caddy/tls/container.key"],
  ["/etc/instance.crt", "/etc/instance.key"],
] as const;

const LARGEST_PEM_BYTES = 1024 * 1024;

/** A certificate with its key, as text. */
interface Pair {
  certificate: string;
  key: string;
}

export interface TlsResult {
  plan: TlsPlan | undefined;
  /** One line for a certificate that cannot be used. */
  problem?: string;
}

/** Tests have their own. */
interface TlsPlaces {
  pairs?: readonly (readonly [string, string])[];
  /** For Caddy's copies. */
  directory?: string;
}

/** Where certificates come from, as the settings and the files of now say. */
export function tlsPlan(
  settings: WebSettings,
  env: Record<string, string>,
  { pairs = PAIRS, directory = runtimePath("web/tls") }: TlsPlaces = {},
): TlsResult {
  if (!settings.https) return { plan: undefined };
  const { domain, acme } = settings;
  const plan = {
    names: ownNames(env),
    ...(domain === undefined ? {} : { domain }),
    ...(acme === undefined ? {} : { acme }),
  };
  try {
    const pair = givenPair(pairs);
    return { plan: pair === undefined ? plan : { ...plan, mounted: forCaddy(pair, directory) } };
  } catch (error) {
    // Half written, mostly. What was good is good until there is another one.
    const mounted = lastForCaddy(directory);
    const consequence = mounted === undefined ? "a certificate of our own is used" : "the one before stays";
    return {
      plan: mounted === undefined ? plan : { ...plan, mounted },
      problem: `${messageOf(error)}; ${consequence}`,
    };
  }
}

/** The first pair that is there. Throws for one that cannot be used; a certificate that has expired can be. */
function givenPair(pairs: readonly (readonly [string, string])[]): Pair | undefined {
  for (const [path, keyPath] of pairs) {
    const certificate = readPem(path);
    if (certificate === undefined) continue;
    const key = readPem(keyPath);
    if (key === undefined) throw new Error(`"${keyPath}": expected the key of "${path}", got no file`);
    let fits: boolean;
    try {
      // Only where there is a certificate: PID 1 does without these megabytes.
      const { createPrivateKey, X509Certificate } = process.getBuiltinModule("node:crypto");
      fits = new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key));
    } catch {
      // The message of a parser may quote the key.
      throw new Error(`"${path}" or "${keyPath}" is no certificate with its key in PEM`);
    }
    if (!fits) throw new Error(`"${keyPath}" is not the key of "${path}"`);
    return { certificate, key };
  }
  return undefined;
}

/**
 * The text of a file, links followed; undefined where there is none that can be read. Others may have made what is there:
 * a FIFO must not block PID 1, nor an endless file fill its memory. Throws for these.
 */
function readPem(path: string): string | undefined {
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  } catch {
    return undefined;
  }
  try {
    const stat = fstatSync(fd);
    if (!stat.isFile() || stat.size > LARGEST_PEM_BYTES)
      throw new Error(`"${path}": expected a file of at most ${LARGEST_PEM_BYTES} bytes`);
    return readFileSync(fd, "utf8");
  } finally {
    closeSync(fd);
  }
}

/** Caddy's user cannot read a key of root's: it gets a copy, under another name for each content. */
function forCaddy({ certificate, key }: Pair, directory: string): { certificate: string; key: string } {
  const { gid } = caddyUser();
  const owner = { uid: process.geteuid?.() ?? 0, gid };
  makeFor(directory, 0o750, owner);
  const name = sha256(certificate, key).toString("hex").slice(0, 16);
  const files = { certificate: `${directory}/${name}.crt`, key: `${directory}/${name}.key` };
  if (!existsSync(files.key)) {
    writeFileAtomic(files.certificate, certificate, 0o640, owner);
    writeFileAtomic(files.key, key, 0o640, owner);
  }
  // Caddy has read the ones before.
  for (const old of readdirSync(directory))
    if (!old.startsWith(name)) rmSync(`${directory}/${old}`, { force: true });
  return files;
}

/** The copies that Caddy has; undefined where there are none. */
function lastForCaddy(directory: string): { certificate: string; key: string } | undefined {
  try {
    const names = readdirSync(directory);
    const name = names.find((file) => file.endsWith(".crt"))?.slice(0, -".crt".length);
    if (name === undefined || !names.includes(`${name}.key`)) return undefined;
    return { certificate: `${directory}/${name}.crt`, key: `${directory}/${name}.key` };
  } catch {
    return undefined;
  }
}

/** Names and addresses by which this container is reached, as far as known; the most likely one first. */
function ownNames(env: Record<string, string>): string[] {
  const { host } = outside(env);
  const addresses = Object.values(networkInterfaces()).flatMap((list) =>
    (list ?? []).filter(({ family }) => family === "IPv4").map(({ address }) => address),
  );
  return [...new Set([...(host === undefined ? [] : [host]), "localhost", ...addresses])];
}
