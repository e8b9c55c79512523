import { defineCommand } from "citty";
import { control } from "../../control/client.ts";
import type { IdleState } from "../../control/idle.ts";
import { ExitCode } from "../../errors.ts";
import { duration } from "../../sys/duration.ts";
import { type Command, usageError } from "../command.ts";
import { limitWords } from "../idle-line.ts";
import { print, printJson, printTable, style } from "../print.ts";

interface IdleArgs {
  _: string[];
  json?: boolean;
}

const NAME = "ai-dock idle";

const seconds = { s: 1, m: 60, min: 60, h: 3600, d: 86_400 } as const;
const LONGEST_SECONDS = 30 * 86_400;

const command: Command = {
  definition: defineCommand({
    meta: {
      name: NAME,
      description:
        "What keeps this container from being idle, and how long is left; keep: it is not idle for a time such as 2h",
    },
    args: {
      action: { type: "positional", required: false, description: "keep, and TIME (90m, 2h, 1d) or off" },
      json: { type: "boolean", description: "Print JSON" },
    },
  }),
  async run({ _: [action, time, ...more], json }: IdleArgs) {
    if (action !== undefined && (action !== "keep" || more.length > 0))
      throw usageError(NAME, "Expected nothing, or keep and a time");
    const { idle } = action === undefined ? await control.idle() : await control.keep(readTime(time));
    if (json) printJson(idle);
    else if (idle === null) print("Off: neither AI_DOCK_IDLE_MINUTES nor AI_DOCK_MAX_HOURS is set");
    else show(idle);
    return ExitCode.ok;
  },
};

export default command;

/** Seconds; null for `off`. Throws a usage error. */
function readTime(given = ""): number | null {
  if (given === "off") return null;
  const [, number = "", unit = ""] = /^(\d{1,7}(?:\.\d{1,3})?)(s|m|min|h|d)$/.exec(given) ?? [];
  const time = Number(number) * (seconds[unit as keyof typeof seconds] ?? 0);
  if (time >= 1 && time <= LONGEST_SECONDS) return time;
  throw usageError(
    NAME,
    `keep: expected a time up to 30d, such as 90m or 2h, or off, got ${JSON.stringify(given)}`,
  );
}

function show(idle: IdleState): void {
  for (const line of linesOf(idle, Date.now())) print(line);
  printTable(idle.busy, [
    { text: ({ source }) => source, style: ({ measured }) => (measured ? "green" : "yellow") },
    { text: ({ detail, measured }) => (measured ? detail : `${detail} (not measured, counts)`) },
    { text: ({ since }) => `for ${duration(Date.now() - since)}` },
  ]);
}

/** The state in words; `now` in epoch milliseconds. */
export function linesOf(idle: IdleState, now: number): string[] {
  const { phase, action, ends, last_activity, kept_until } = idle;
  const past = `for ${duration(now - last_activity)}`;
  const heads: Record<IdleState["phase"], string> = {
    busy: style("green", "busy"),
    idle: style("yellow", `idle ${past}`),
    warning: style("red", `idle ${past}`),
    acting: style("red", `idle ${past}: AI_DOCK_IDLE_ACTION=${action} is carried out`),
    reported: style("yellow", `idle ${past}: said, and left running`),
  };
  // A lifetime ends in use, too.
  if (phase === "warning" && ends?.why === "lifetime")
    heads.warning = style("red", "at the end of its lifetime");
  return [
    heads[phase],
    ...(ends === null ? [] : [`${limitWords(idle)} in ${duration(ends.at - now)} at the earliest`]),
    ...(kept_until === null ? [] : [`kept for ${duration(kept_until - now)}`]),
  ];
}
