import type { DirectoryHandle } from "../../sys/directory-handle.ts";
import type { OwnerOf } from "../ownership.ts";
import { Checksum } from "./checksum.ts";
import type { Client } from "./connection.ts";
import { ChangedError, DownloadError } from "./error.ts";
import type { Journal, Subject } from "./journal.ts";
import { label } from "./label.ts";
import { type DownloadLimits, MEBIBYTE } from "./limits.ts";
import { Part } from "./part.ts";
import { fetchPlain } from "./plain.ts";
import type { Progress } from "./progress.ts";
import { fetchRanges, type Work } from "./ranged.ts";
import { askPatiently } from "./patience.ts";
import { type FirstRange, refuseHtml, type Remote } from "./remote.ts";
import type { TokenName } from "./refuse.ts";
import { Session } from "./session.ts";
import { ifRange, sameVersion } from "./validator.ts";
import { alreadyWhole } from "./whole.ts";

/** The first range of a file of which nothing is there: enough for most small files, little to lose for others. */
const FIRST_BYTES = 4 * MEBIBYTE;
/** How often a file may change while it is downloaded; servers behind one name may disagree for ever. */
const MOST_CHANGES = 3;

export interface Order {
  url: URL;
  directory: DirectoryHandle;
  /** Undefined for the server's name. */
  name: string | undefined;
  sha256: string | undefined;
  size: number | undefined;
  client: Client;
  limits: DownloadLimits;
  progress: Progress;
  tokenName: TokenName;
  refuses: ((path: string) => boolean) | undefined;
  ownerOf: OwnerOf;
}

export interface Done {
  name: string;
  size: number;
  sha256: string | undefined;
  etag: string | undefined;
  fetched: number;
}

/**
 * Downloads once, resuming what is there, and puts the file in place. Throws DownloadError: after "checksum" and "size"
 * nothing is kept of the file.
 */
export async function downloadOnce(order: Order): Promise<Done> {
  const { directory, limits } = order;
  let part = order.name === undefined ? undefined : Part.open(directory, order.name);
  try {
    for (let changes = 0; ; changes++) {
      // Servers that disagree about the version agree with themselves more often than with each other.
      const calm = changes === 0 ? limits : { ...limits, connections: 1 };
      const remote = await askPatiently(order, firstRange(part?.journal, order));
      try {
        const name =
          order.name ?? remote.name ?? fail("name", order, "a file name from the server, got none");
        if (order.refuses?.(`${directory.location}/${name}`) === true)
          throw fail(
            "name",
            order,
            `another name from the server than "${name}", which root would obey there`,
          );
        part ??= Part.open(directory, name);
        return await fetchInto(part, name, remote, { ...order, limits: calm });
      } catch (error) {
        if (!(error instanceof ChangedError)) throw error;
        if (changes >= MOST_CHANGES)
          throw fail("network", order, "one version of the file, got another each time");
        part?.reset();
      } finally {
        remote.connection[Symbol.dispose]();
      }
    }
  } catch (error) {
    // What cannot be resumed is of no use.
    if (part !== undefined && (part.journal?.pieces.received ?? 0) === 0) part.remove();
    throw error;
  } finally {
    part?.[Symbol.dispose]();
  }
}

/** The range to ask for first: the first one that is missing, if what is there is likely to be of the same version. */
function firstRange(journal: Journal | undefined, order: Order): FirstRange {
  const missing = journal?.subject.source === sourceOf(order.url) ? journal.pieces.missing : undefined;
  if (journal === undefined || missing === undefined) return { offset: 0, end: FIRST_BYTES };
  // Up to the end of a piece: what another request has to bring anyway would come in vain.
  const { pieceBytes } = journal.pieces;
  const aligned = Math.ceil((missing.offset + FIRST_BYTES) / pieceBytes) * pieceBytes;
  const end = Math.min(missing.end, aligned);
  return { offset: missing.offset, end, ifRange: ifRange(journal.subject) };
}

async function fetchInto(part: Part, name: string, remote: Remote, order: Order): Promise<Done> {
  const { url, directory, client, limits, progress, tokenName } = order;
  const sha256 = order.sha256 ?? remote.told.sha256;
  refuse(name, remote, order);
  const whole = await alreadyWhole(
    directory,
    name,
    { size: remote.size, sha256, lastModified: remote.lastModified },
    client.signal,
  );
  if (whole !== undefined) {
    part.remove();
    return { name, ...whole, etag: remote.etag, fetched: 0 };
  }
  const checksum = sha256 === undefined ? undefined : new Checksum(part.fd);
  const work: Work = { part, checksum, progress, url, name };
  const wanted = { ...order, sha256, size: order.size ?? toldSize(remote) };
  const again = () => askPatiently(order, undefined);
  const result =
    remote.size === undefined || !remote.hasRanges || remote.size === 0
      ? await fetchPlain(work, client, limits, remote, again, wanted.size)
      : await fetchByRanges(work, remote, wanted, tokenName);
  const { size, fetched } = result;
  const actual = await result.checksum?.finish(size, client.signal);
  check(part, { size, sha256: actual }, wanted);
  const { etag, lastModified } = result.remote;
  await part.finish(lastModified, order.ownerOf(directory));
  return { name, size, sha256: actual, etag, fetched };
}

/** The size of the file by the hub that redirects to a storage; undefined where what comes is compressed. */
const toldSize = ({ encoding, told }: Remote) => (encoding === undefined ? told.size : undefined);

/** Refuses what cannot be the file before its body is read. */
function refuse(name: string, remote: Remote, order: Order): void {
  const { url, sha256, size } = order;
  const login = { location: remote.location, variable: order.tokenName(url.host) };
  refuseHtml(name, url, { contentType: remote.contentType }, login);
  const told = remote.encoding === undefined ? (remote.size ?? remote.told.size) : undefined;
  if (told === 0 && size !== 0) throw fail("empty", order, "a file, got an empty one");
  if (size !== undefined && told !== undefined && told !== size)
    throw fail("size", order, `${size} bytes, got ${told}`);
  // A storage that has another file than the hub that sends us there.
  if (told !== undefined && remote.told.size !== undefined && told !== remote.told.size)
    throw fail("size", order, `${remote.told.size} bytes, got ${told}`);
  if (sha256 !== undefined && remote.told.sha256 !== undefined && sha256 !== remote.told.sha256)
    throw fail("checksum", order, `a file with the checksum ${sha256}, got one with ${remote.told.sha256}`);
}

async function fetchByRanges(work: Work, remote: Remote, order: Order, tokenName: TokenName) {
  const { part } = work;
  const size = remote.size ?? 0;
  const { etag, lastModified } = remote;
  const version = {
    ...(etag === undefined ? {} : { etag }),
    ...(lastModified === undefined ? {} : { lastModified }),
    size,
  };
  const { sha256 } = order;
  const subject = { ...version, source: sourceOf(order.url), ...(sha256 === undefined ? {} : { sha256 }) };
  let journal = part.journal;
  if (journal !== undefined && isSame(journal.subject, subject)) part.resume();
  // The answer begins behind what is no longer of any use.
  else if (remote.range === undefined || remote.range.offset === 0) journal = part.begin(subject);
  else throw new ChangedError();
  const { client, limits, url: start } = order;
  const session = new Session(client, limits, { start, location: remote.location, version, tokenName });
  const begun = remote.range === undefined ? undefined : { connection: remote.connection, ...remote.range };
  const fetched = await fetchRanges(work, session, journal, begun);
  return { size, fetched, checksum: work.checksum, remote };
}

/** Whether a part may be resumed: it is of the same file by checksum, or of the same URL and version. */
function isSame(there: Subject, wanted: Subject): boolean {
  if (there.size !== wanted.size) return false;
  if (there.sha256 !== undefined && wanted.sha256 !== undefined) return there.sha256 === wanted.sha256;
  return there.source === wanted.source && sameVersion(there, wanted) === true;
}

function check(part: Part, actual: { size: number; sha256: string | undefined }, order: Order): void {
  const { size, sha256 } = order;
  const isEmpty = actual.size === 0 && size !== 0;
  if (!isEmpty && (size === undefined || size === actual.size) && (sha256 ?? actual.sha256) === actual.sha256)
    return;
  part.remove();
  if (isEmpty) throw fail("empty", order, "a file, got an empty one");
  if (size !== undefined && size !== actual.size)
    throw fail("size", order, `${size} bytes, got ${actual.size}; the file is removed`);
  throw fail("checksum", order, `the checksum ${sha256}, got ${actual.sha256}; the file is removed`);
}

function fail(
  code: "name" | "size" | "empty" | "checksum" | "network",
  order: Order,
  problem: string,
): never {
  throw new DownloadError(code, `"${label(order.url)}": expected ${problem}`);
}

function sourceOf(url: URL): string {
  return new Bun.CryptoHasher("sha256").update(url.href).digest("hex");
}
