import type { PortalControl } from "../../control/portal/client.ts";
import type { LogChange, LogEntry } from "../../control/portal/protocol.ts";
import { AiDockError } from "../../errors.ts";
import { readEvents } from "../event-reader.ts";
import type { EventSink } from "../http/sse.ts";
import { LogCursor, type LogId, type Piece, type Place } from "./log-cursor.ts";
import { mergeByTime } from "./merge.ts";
import { startAround, startOfLines } from "./start.ts";

export interface StreamOptions {
  /** Empty: all logs, those that appear later included. */
  names: string[];
  /** Of each log, to begin with. */
  lines: number;
  /** Show the part of a log around a place instead. */
  around?: Place;
  /** Go on from places where an earlier stream has ended, by `keyOf` of the log. */
  from?: ReadonlyMap<string, Place>;
}

interface Followed {
  cursor: LogCursor;
  decoder: TextDecoder;
  /** Its number in the events. */
  number: number;
}

/** How much of a log is shown behind a place. */
const BEHIND_BYTES = 1024 * 1024;

/** How soon logs that have appeared are looked for. */
const NEW_LOGS_MILLISECONDS = 2000;

/** Sends logs as they are, by increments: first the last lines in the order of their times, then what comes. */
export async function streamLogs(
  control: PortalControl,
  options: StreamOptions,
  sink: EventSink,
): Promise<void> {
  if (options.around !== undefined) return await showAround(control, options.names, options.around, sink);
  const followed = new Map<string, Followed>();
  const entries = await control.logs(options.names.length === 0 ? await allNames(control) : options.names);
  const starts = await Promise.all(
    entries.map(async (entry) => ({ entry, ...(await startOf(control, entry, options)) })),
  );
  const first = starts.map(({ entry, start, lost }) => {
    const one = open(control, entry, start, followed, sink);
    if (lost) sink.send("lost", { log: one.number });
    return one;
  });
  for (const { log, time, index, inode, end } of mergeByTime(starts)) {
    const one = first[log];
    if (one === undefined || sink.gone.aborted) continue;
    one.cursor.enter(inode);
    await pass(one, one.cursor.readUntil(index, end), sink, time);
  }
  sink.send("live", {});
  while (!sink.gone.aborted) await followUntilNew(control, options, followed, sink);
}

/** Where to begin a log; `lost`: not where an earlier stream has ended, as that file has gone. */
async function startOf(control: PortalControl, entry: LogEntry, { lines, from }: StreamOptions) {
  const place = from?.get(keyOf(entry));
  if (place !== undefined && entry.generations.some(({ inode }) => inode === place.inode))
    return { start: { ...place }, lost: false };
  return { start: await startOfLines(control, entry, lines), lost: place !== undefined };
}

function open(
  control: PortalControl,
  { name, stream, generations }: LogEntry,
  start: Place | undefined,
  followed: Map<string, Followed>,
  sink: EventSink,
): Followed {
  const number = followed.size;
  const oldest = generations.at(-1);
  const place = start ?? (oldest === undefined ? undefined : { inode: oldest.inode, offset: 0 });
  const cursor = new LogCursor(control, { name, stream }, place);
  const one = { cursor, number, decoder: new TextDecoder() };
  followed.set(keyOf({ name, stream }), one);
  sink.send("log", { log: number, name, stream });
  return one;
}

/** Sends a part of one log, with the event `here` before a place; what comes later is not followed. */
async function showAround(
  control: PortalControl,
  names: string[],
  place: Place,
  sink: EventSink,
): Promise<void> {
  const entry = (await control.logs(names)).find(({ generations }) =>
    generations.some(({ inode }) => inode === place.inode),
  );
  const start = entry === undefined ? undefined : await startAround(control, entry, place);
  // The file has been deleted since.
  if (entry === undefined || start === undefined)
    throw new AiDockError("The file of this line is not there any more");
  const one = open(control, entry, start.place, new Map(), sink);
  await pass(one, one.cursor.readUntil(start.index, place.offset), sink, start.modified);
  sink.send("here", { log: one.number });
  await pass(one, one.cursor.readUntil(start.index, place.offset + BEHIND_BYTES), sink, start.modified);
  sink.send("part", {});
  await sink.over;
}

/** Passes on what comes until a log appears that is wanted and not followed yet. */
async function followUntilNew(
  control: PortalControl,
  { names }: StreamOptions,
  followed: Map<string, Followed>,
  sink: EventSink,
): Promise<void> {
  const over = new AbortController();
  const end = () => over.abort();
  sink.gone.addEventListener("abort", end);
  const looking = setInterval(() => void look(), NEW_LOGS_MILLISECONDS);
  const look = async () => {
    const all = await control.logs().catch((): LogEntry[] => []);
    const fresh = all.filter((entry) => isWanted(entry, names) && !followed.has(keyOf(entry)));
    for (const entry of fresh) open(control, entry, undefined, followed, sink);
    if (fresh.length > 0) over.abort();
  };
  try {
    const watched = [...new Set([...followed.values()].map(({ cursor }) => cursor.id.name))];
    for (const one of followed.values()) await pass(one, one.cursor.drain(), sink);
    const { body, ok } = await control.watchLogs(watched, over.signal);
    if (!ok || body === null)
      throw new AiDockError("The supervisor does not tell of logs; too many are open");
    for await (const { event, data } of readEvents(body)) {
      if (event !== "log") continue;
      const change = JSON.parse(data) as LogChange;
      const one = followed.get(keyOf(change));
      if (one !== undefined) await pass(one, one.cursor.follow(change), sink);
      if (over.signal.aborted) return;
    }
  } catch (error) {
    if (!over.signal.aborted) throw error;
  } finally {
    clearInterval(looking);
    sink.gone.removeEventListener("abort", end);
    over.abort();
  }
}

/** Sends pieces at the pace of the reader. `time` is when they were written, where that was not now. */
async function pass(
  one: Followed,
  pieces: AsyncGenerator<Piece>,
  sink: EventSink,
  time?: number,
): Promise<void> {
  for await (const piece of pieces) {
    if (sink.gone.aborted) return;
    if ("lost" in piece) {
      one.decoder = new TextDecoder();
      sink.send("lost", { log: one.number });
      continue;
    }
    const text = one.decoder.decode(piece.bytes, { stream: true });
    const { place } = one.cursor;
    if (text !== "") sink.send("text", { log: one.number, time: time ?? Date.now(), text, ...place });
    await sink.room();
  }
}

async function allNames(control: PortalControl): Promise<string[]> {
  return [...new Set((await control.logs()).map(({ name }) => name))];
}

const isWanted = ({ name }: LogId, names: string[]) => names.length === 0 || names.includes(name);

/** Names a log among others. */
export const keyOf = ({ name, stream }: LogId) => `${stream}:${name}`;
