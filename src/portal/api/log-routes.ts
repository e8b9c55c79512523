import { z } from "zod";
import { logListSchema } from "../../control/portal/protocol.ts";
import { json } from "../http/respond.ts";
import { eventStream } from "../http/sse.ts";
import { downloadLog } from "../logs/download.ts";
import { doneSchema, matchSchema, progressSchema, searchRequest } from "../logs/search.ts";
import { requireExpression, runSearch } from "../logs/search-process.ts";
import type { Place } from "../logs/log-cursor.ts";
import { streamLogs } from "../logs/stream.ts";
import { type Route, readQuery } from "./route.ts";

const stream = z.enum(["stdout", "stderr"]);

/** `name` may be given several times, or not at all for all logs. */
const names = z.array(z.string().max(512)).max(1000).default([]);

const streamQuery = z.object({
  name: names,
  lines: z.coerce.number().int().min(0).max(200_000).default(1000),
  inode: z.coerce.number().optional(),
  offset: z.coerce.number().optional(),
  /** Where an earlier stream has ended: `INODE:OFFSET:stdout:NAME` of what its last event `text` of each log said. */
  from: z
    .array(z.string().regex(/^\d{1,20}:\d{1,16}:(stdout|stderr):./))
    .max(2000)
    .default([]),
});

const searchQuery = z.object({
  name: names,
  pattern: searchRequest.shape.pattern,
  case: z.enum(["ignore", "match"]).default("match"),
  limit: z.coerce.number().pipe(searchRequest.shape.limit).default(1000),
});

const downloadQuery = z.object({ name: z.string(), stream: stream.default("stdout") });

const textSchema = z.object({
  /** The number that an event `log` has given to a log. */
  log: z.number(),
  /** When the text was written, in epoch milliseconds. */
  time: z.number(),
  text: z.string(),
  /** Where the text ends in the log. */
  inode: z.number(),
  offset: z.number(),
});

/** The part of the API that reads logs. */
export const logRoutes: Record<string, Route> = {
  "GET /api/v1/logs": {
    summary: "All logs and their files, rotated ones included",
    reply: logListSchema,
    handle: async ({ control }) => json(await control.logs()),
  },
  "GET /api/v1/logs/stream": {
    summary: "The last lines of logs by time, and then what comes, as written",
    query: streamQuery,
    events: {
      log: z.object({ log: z.number(), name: z.string(), stream }),
      text: textSchema,
      lost: z.object({ log: z.number() }),
      /** All that was there at first has been sent. */
      live: z.object({}),
      /** The line that was asked for comes next. */
      here: z.object({ log: z.number() }),
      /** The part that was asked for has been sent; nothing more comes. */
      part: z.object({}),
    },
    handle({ control, query }) {
      const { name, lines, inode, offset, from } = readQuery(query, streamQuery);
      const around = inode === undefined || offset === undefined ? {} : { around: { inode, offset } };
      return eventStream(
        async (sink) =>
          await streamLogs(control, { names: name, lines, ...around, from: placesOf(from) }, sink),
      );
    },
  },
  "GET /api/v1/logs/search": {
    summary: "Lines that match a regular expression, through rotated files, the newest file first",
    query: searchQuery,
    events: { match: matchSchema, progress: progressSchema, done: doneSchema },
    handle({ context, query }) {
      const { name, pattern, case: how, limit } = readQuery(query, searchQuery);
      const request = { names: name, pattern, ignoreCase: how === "ignore", limit };
      requireExpression(request);
      return eventStream(async (sink) => await runSearch(context.link.socket, request, sink));
    },
  },
  "GET /api/v1/logs/download": {
    summary: "A whole log, from its oldest file on",
    query: downloadQuery,
    type: "text/plain",
    handle: async ({ control, query }) => await downloadLog(control, readQuery(query, downloadQuery)),
  },
};

function placesOf(from: string[]): Map<string, Place> {
  return new Map(
    from.map((text) => {
      const [inode, offset, ...log] = text.split(":");
      return [log.join(":"), { inode: Number(inode), offset: Number(offset) }];
    }),
  );
}
