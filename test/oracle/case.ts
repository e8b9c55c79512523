import type { Difference } from "./differences.ts";

/** One configuration that both sides read. */
export interface Case {
  name: string;
  /** Files of the conf.d folder, or the text of its only one. */
  files: string | Record<string, string>;
  env?: Record<string, string>;
  /** Set when the two readings must differ, and why. */
  differs?: Difference;
}

/** Cases that are one program `a` each: its name in the table, then its keys. */
export function programs(rows: Record<string, string>, differs?: Difference): Case[] {
  return Object.entries(rows).map(([name, keys]) => ({
    name,
    files: `[program:a]\n${keys.includes("command=") ? "" : "command=/bin/sleep 9\n"}${keys}\n`,
    ...(differs === undefined ? {} : { differs }),
  }));
}
