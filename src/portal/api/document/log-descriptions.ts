import { z } from "zod";
import { logEntrySchema } from "../../../control/portal/protocol.ts";
import { doneSchema, matchSchema, progressSchema } from "../../logs/search-schema.ts";
import type { Description } from "./description.ts";

const stream = z.enum(["stdout", "stderr"]);
const fileNumber = z.coerce.number().int().min(0).optional();

/** `name` may be given several times, or not at all for all logs. */
const names = z.array(z.string().max(512)).max(1000).default([]);

const streamQuery = z.object({
  name: names,
  lines: z.coerce.number().int().min(0).max(200_000).default(1000),
  inode: fileNumber,
  offset: fileNumber,
  /** Where an earlier stream has ended: `INODE:OFFSET:stdout:NAME` of what its last event `text` of each log said. */
  from: z
    .array(z.string().regex(/^\d{1,20}:\d{1,16}:(stdout|stderr):./))
    .max(2000)
    .default([]),
});

const searchQuery = z.object({
  name: names,
  /** A regular expression of JavaScript. */
  pattern: z.string().min(1).max(1000),
  case: z.enum(["ignore", "match"]).default("match"),
  /** Matches after which the search ends. */
  limit: z.coerce.number().int().min(1).max(10_000).default(1000),
});

const downloadQuery = z.object({ name: z.string().max(512), stream: stream.default("stdout") });

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
export const logDescriptions = {
  "GET /api/v1/logs": {
    summary: "All logs and their files, rotated ones included",
    reply: z.array(logEntrySchema),
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
  },
  "GET /api/v1/logs/search": {
    summary: "Lines that match a regular expression, through rotated files, the newest file first",
    query: searchQuery,
    events: { match: matchSchema, progress: progressSchema, done: doneSchema },
  },
  "GET /api/v1/logs/download": {
    summary: "A whole log, from its oldest file on",
    query: downloadQuery,
    type: "text/plain",
  },
} satisfies Record<string, Description>;
