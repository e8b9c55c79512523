import { backoff, pause } from "./backoff.ts";
import { Checksum } from "./checksum.ts";
import type { Client } from "./connection.ts";
import { DownloadError, PassingError } from "./error.ts";
import { label } from "./label.ts";
import { type DownloadLimits, MEBIBYTE } from "./limits.ts";
import { refuseHtml, type Remote } from "./remote.ts";
import type { Work } from "./ranged.ts";
import { giveUp } from "./session.ts";

const HEAD_BYTES = 1024;
/** Where no size is told, room is looked for so much ahead. */
const ROOM_BYTES = 16 * MEBIBYTE;

export interface Fetched {
  size: number;
  fetched: number;
  checksum: Checksum | undefined;
  /** What the answer said that brought the file. */
  remote: Remote;
}

/**
 * Fetches the whole file over one connection, from a server without ranges or that tells no size. After a failure it
 * begins at zero: `again` asks anew. What has more than the `wanted` bytes is not read to its end. Throws DownloadError.
 */
export async function fetchPlain(
  work: Work,
  client: Client,
  limits: DownloadLimits,
  first: Remote,
  again: () => Promise<Remote>,
  wanted: number | undefined,
): Promise<Fetched> {
  const { part } = work;
  let remote = first;
  let fetched = 0;
  for (let failures = 1; ; failures++) {
    part.reset();
    const checksum = work.checksum === undefined ? undefined : new Checksum(part.fd);
    try {
      if (remote.size !== undefined) part.allocate(remote.size);
      const size = await readAll({ ...work, checksum }, remote, wanted, (bytes) => (fetched += bytes));
      return { size, fetched, checksum, remote };
    } catch (error) {
      if (!(error instanceof PassingError)) throw error;
      remote = await anew(error, failures);
    }
  }

  async function anew(error: PassingError, failures: number): Promise<Remote> {
    if (failures >= limits.attempts) throw giveUp(error, label(work.url), failures);
    await pause(backoff(failures, limits.delaySeconds, error.after), client.signal);
    return await again();
  }
}

async function readAll(
  work: Work,
  remote: Remote,
  wanted: number | undefined,
  count: (bytes: number) => void,
): Promise<number> {
  const { part, checksum, progress, url, name } = work;
  const { connection, size: total } = remote;
  let received = 0;
  let room = total ?? 0;
  try {
    for await (const chunk of connection.body()) {
      if (received === 0)
        refuseHtml(name, url, { head: Buffer.from(chunk.subarray(0, HEAD_BYTES)).toString() });
      const end = received + chunk.byteLength;
      if (wanted !== undefined && end > wanted)
        throw new DownloadError("size", `"${label(url)}": expected ${wanted} bytes, got more`);
      if (end > room) part.requireRoom((room = end + ROOM_BYTES));
      part.write(chunk, received);
      checksum?.wrote(chunk, received, end);
      received = end;
      count(chunk.byteLength);
      progress.tell({ received, total, resumedFrom: 0 });
    }
  } finally {
    connection[Symbol.dispose]();
  }
  if (total !== undefined && received !== total) throw new PassingError("an answer that ends too early");
  progress.tell({ received, total: received, resumedFrom: 0 }, true);
  return received;
}
