import { readdirSync, readFileSync, statSync } from "node:fs";

/** A process by what it calls itself. */
export interface Titled {
  pid: number;
  uid: number;
  words: string[];
}

/** Of a command line, more is not looked at. */
const MOST_CHARACTERS = 1000;

/** Processes whose command line holds `text`, with their owner, who alone can choose the command line. */
export function processesTitled(text: string, proc = "/proc"): Titled[] {
  return readdirSync(proc).flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      const line = readFileSync(`${proc}/${name}/cmdline`, "latin1").slice(0, MOST_CHARACTERS);
      if (!line.includes(text)) return [];
      return [{ pid: Number(name), uid: statSync(`${proc}/${name}`).uid, words: line.split("\0") }];
    } catch {
      // It has ended.
      return [];
    }
  });
}
