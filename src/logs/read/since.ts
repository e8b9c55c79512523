import type { Generation } from "./generations.ts";
import { findStart, lineStart, type Start } from "./tail.ts";
import { readTimes, type TimeSpan } from "../times.ts";

const UNIT_MS = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const;
const DAY_MS = UNIT_MS.d;

/**
 * Parses a moment: an age (`90s`, `1h30m`, `2d`), a time of day (the latest one in the past), a date with or without
 * time and zone, or epoch seconds. Returns epoch milliseconds, or undefined for anything else.
 */
export function parseMoment(text: string, now = Date.now()): number | undefined {
  if (/^(\d+[smhdw])+$/.test(text)) {
    const parts = text.matchAll(/(\d+)([smhdw])/g);
    return (
      now -
      parts.reduce((sum, [, count, unit]) => sum + Number(count) * UNIT_MS[unit as keyof typeof UNIT_MS], 0)
    );
  }
  if (/^\d{9,11}(\.\d+)?$/.test(text)) return Number(text) * 1000;
  const clock = /^(\d{1,2}):(\d{2})(?::(\d{2}))?$/.exec(text);
  if (clock !== null) {
    const [hours, minutes, seconds] = clock.slice(1).map((part) => Number(part ?? 0));
    const today = new Date(now).setHours(hours ?? 0, minutes, seconds, 0);
    return today > now ? today - DAY_MS : today;
  }
  if (!/^\d{4}-\d{2}-\d{2}/.test(text)) return undefined;
  // A date alone means midnight of the local zone, not UTC.
  const moment = Date.parse(/^\d{4}-\d{2}-\d{2}$/.test(text) ? `${text}T00:00` : text);
  return Number.isNaN(moment) ? undefined : moment;
}

/** Finds where the lines written at or after a moment begin, to the second. `moment` is in epoch milliseconds. */
export function startOfMoment(path: string, moment: number): Start {
  const times = readTimes(path);
  return findStart(path, (generation) =>
    offsetOfMoment(generation, times.get(generation.inode) ?? [], moment),
  );
}

/** The offset to start at, or undefined when the whole file is wanted and perhaps part of the one before. */
function offsetOfMoment(generation: Generation, spans: TimeSpan[], moment: number): number | undefined {
  const { size } = generation;
  const valid = spans.filter(({ offset }) => offset < size);
  // Without notes, the file's time of last write decides.
  if (valid.length === 0) return generation.modified < moment ? size : undefined;
  const first = valid.findIndex(({ to }) => to > moment);
  if (first === 0) return undefined;
  return first === -1 ? size : lineStart(generation, valid[first]?.offset ?? size);
}
