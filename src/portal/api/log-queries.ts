import { matching, oneOf } from "../../env/types.ts";
import type { LogId, Place } from "../logs/log-cursor.ts";
import type { SearchRequest } from "../logs/search.ts";
import type { StreamOptions } from "../logs/stream.ts";
import { count, fileNumber, one, required, several, textUpTo } from "./query.ts";

const LONGEST_NAME = 512;
const MOST_NAMES = 1000;
const MOST_LINES = 200_000;
const MOST_PLACES = 2000;
const LONGEST_PATTERN = 1000;
const MOST_MATCHES = 10_000;

/** `name` may be given several times, or not at all for all logs. */
const names = (query: URLSearchParams) =>
  several(query, "name", textUpTo(LONGEST_NAME), { most: MOST_NAMES, expected: "the name of a log" });

const inFile = (query: URLSearchParams, name: string) => one(query, name, fileNumber, "a number");

/** Reads the parameters of `logs/stream`. Throws AiDockError `E_BAD_REQUEST`. */
export function readStream(query: URLSearchParams): StreamOptions {
  const { type, expected } = count(0, MOST_LINES);
  const [inode, offset] = [inFile(query, "inode"), inFile(query, "offset")];
  return {
    names: names(query),
    lines: one(query, "lines", type, expected) ?? 1000,
    ...(inode === undefined || offset === undefined ? {} : { around: { inode, offset } }),
    from: placesOf(
      several(query, "from", matching(/^\d{1,20}:\d{1,16}:(stdout|stderr):./), {
        most: MOST_PLACES,
        expected: "INODE:OFFSET:stdout:NAME",
      }),
    ),
  };
}

/** Reads the parameters of `logs/search`. Throws AiDockError `E_BAD_REQUEST`. */
export function readSearch(query: URLSearchParams): SearchRequest {
  const { type, expected } = count(1, MOST_MATCHES);
  const pattern = { type: textUpTo(LONGEST_PATTERN, 1), expected: `1 to ${LONGEST_PATTERN} characters` };
  return {
    names: names(query),
    pattern: required("pattern", one(query, "pattern", pattern.type, pattern.expected)),
    ignoreCase: one(query, "case", oneOf("ignore", "match"), "ignore or match") === "ignore",
    limit: one(query, "limit", type, expected) ?? 1000,
  };
}

/** Reads the parameters of `logs/download`. Throws AiDockError `E_BAD_REQUEST`. */
export function readDownload(query: URLSearchParams): LogId {
  return {
    name: required("name", one(query, "name", textUpTo(LONGEST_NAME), "the name of a log")),
    stream: one(query, "stream", oneOf("stdout", "stderr"), "stdout or stderr") ?? "stdout",
  };
}

function placesOf(from: string[]): Map<string, Place> {
  return new Map(
    from.map((text) => {
      const [inode, offset, ...log] = text.split(":");
      return [log.join(":"), { inode: Number(inode), offset: Number(offset) }];
    }),
  );
}
