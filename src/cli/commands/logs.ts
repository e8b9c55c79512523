import { defineCommand } from "citty";
import { errnoOf, ExitCode } from "../../errors.ts";
import { listLogs } from "../../logs/names.ts";
import { parseMoment } from "../../logs/read/since.ts";
import { viewLogs } from "../../logs/read/view.ts";
import { LOG_DIRECTORY } from "../../programs/spec.ts";
import { type Command, usageError } from "../command.ts";
import { askProgramLogs, chooseLogs, isLog } from "../log-names.ts";
import { note, style, writeOut } from "../print.ts";

interface LogsArgs {
  _: string[];
  follow?: boolean;
  lines?: string;
  since?: string;
  json?: boolean;
  prefix: boolean;
}

const command: Command = {
  definition: defineCommand({
    meta: {
      name: "ai-dock logs",
      description: "Logs of all or some programs, of boot, preflight and provisioning",
    },
    args: {
      name: { type: "positional", required: false, description: "NAME, GROUP:NAME or GROUP …" },
      follow: {
        type: "boolean",
        alias: "f",
        description: "Go on with what comes; the default on a terminal",
      },
      lines: {
        type: "string",
        alias: "n",
        description: "Lines of each log to begin with, or all; without --since 20",
      },
      since: {
        type: "string",
        description:
          "Begin with what came since then: 90s, 1h30m, 2d, 14:30, 2026-01-31, 2026-01-31T14:30:00Z",
      },
      json: { type: "boolean", description: "Print an object for each line" },
      prefix: {
        type: "boolean",
        default: true,
        description: "Name each line's log",
        negativeDescription: "Lines alone",
      },
    },
  }),
  async run({ _: words, follow = process.stdout.isTTY, lines, since, json, prefix }: LogsArgs) {
    const names = await namesOf(words, follow);
    if (words.length > 0 && names.length === 0) return ExitCode.failure;
    try {
      await viewLogs({
        directory: LOG_DIRECTORY,
        names,
        lines: parseLines(lines ?? (since === undefined ? "20" : "all")),
        ...(since === undefined ? {} : { since: parseSince(since) }),
        follow,
        format: json ? "json" : prefix ? "prefix" : "plain",
        decorate: (name) => style("bold", name),
        write: writeOut,
        columns: process.stdout.isTTY ? process.stdout.columns : 0,
      });
    } catch (error) {
      // The reader has gone, as in `ai-dock logs | head`.
      if (errnoOf(error) !== "EPIPE") throw error;
    }
    return ExitCode.ok;
  },
};

export default command;

/** The logs that the words mean; notes on programs without a log go to standard error. */
async function namesOf(words: string[], follow: boolean): Promise<string[]> {
  const known = listLogs(LOG_DIRECTORY);
  if (words.every((word) => isLog(word, known))) return words;
  const programs = await askProgramLogs();
  const { names, notes } = chooseLogs(words, programs, { directory: LOG_DIRECTORY, known, follow });
  for (const text of notes) note(text);
  return names;
}

function parseLines(text: string): number {
  if (text === "all") return Number.POSITIVE_INFINITY;
  if (/^\d+$/.test(text)) return Number(text);
  throw usageError("ai-dock logs", `--lines: expected a number of lines or "all", got "${text}"`);
}

function parseSince(text: string): number {
  const moment = parseMoment(text);
  if (moment !== undefined) return moment;
  throw usageError("ai-dock logs", `--since: expected an age like 10m or a time like 14:30, got "${text}"`);
}
