import type { Checksum } from "./checksum.ts";
import type { Journal } from "./journal.ts";
import type { Part } from "./part.ts";
import { Pool } from "./pool.ts";
import type { Progress } from "./progress.ts";
import { refuseHtml } from "./remote.ts";
import type { Session } from "./session.ts";
import type { Begun } from "./sink.ts";
import { Syncing } from "./sync.ts";

const HEAD_BYTES = 1024;

/** What a download of one version works with. */
export interface Work {
  part: Part;
  /** Undefined where nobody knows the right one. */
  checksum: Checksum | undefined;
  progress: Progress;
  url: URL;
  name: string;
}

/** Fetches what is missing by ranges. Resolves to the bytes that came over the network. */
export async function fetchRanges(
  { part, checksum, progress, url, name }: Work,
  session: Session,
  journal: Journal,
  begun: Begun | undefined,
): Promise<number> {
  const { pieces } = journal;
  const resumedFrom = pieces.received;
  const tell = (always = false) =>
    progress.tell({ received: pieces.received, total: pieces.size, resumedFrom }, always);
  tell(true);
  checksum?.advance(pieces.front);
  const stop = new AbortController();
  const client = { ...session.client, signal: AbortSignal.any([session.client.signal, stop.signal]) };
  const pool = new Pool(
    session.with(client),
    {
      pieces,
      write(claim, chunk) {
        const offset = pieces.offsetOf(claim);
        if (offset === 0)
          refuseHtml(name, url, { head: Buffer.from(chunk.subarray(0, HEAD_BYTES)).toString() });
        part.write(chunk, offset);
        journal.record(pieces.advance(claim, chunk.byteLength));
        checksum?.wrote(chunk, offset, pieces.front);
        tell();
      },
      stop: () => stop.abort(),
    },
    url,
  );
  const syncing = new Syncing(
    () => part.sync(),
    () => stop.abort(),
  );
  let failure: unknown;
  try {
    await pool.run(begun);
  } catch (error) {
    failure = error;
  }
  // A disk that failed to take what was written matters more than the end of the connections by it.
  const unsynced = await syncing.stop();
  if (unsynced !== undefined) throw unsynced;
  if (failure !== undefined) throw failure;
  tell(true);
  return pool.fetched;
}
