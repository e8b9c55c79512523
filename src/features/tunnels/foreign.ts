import { readFileSync, readlinkSync } from "node:fs";
import { basename } from "node:path";
import { listProcesses } from "../../sys/proc.ts";
import type { TunnelRow } from "./rows.ts";

/** The address of a quick tunnel; api.trycloudflare.com is where cloudflared requests one. */
const ADDRESS = /https:\/\/(?!api\.)[a-z0-9-]+\.trycloudflare\.com/g;

/** How much of a log is searched for the address, which stands near its start. */
const SEARCHED_BYTES = 64 * 1024;

/**
 * Quick tunnels of cloudflared processes that are not ours (`own` are the pids to leave out). Scripts of images of 2023
 * start them, with the output in a log file.
 */
export async function foreignTunnels(own: (number | null)[]): Promise<TunnelRow[]> {
  const others = listProcesses().filter(({ pid, state }) => state !== "Z" && !own.includes(pid));
  const rows = await Promise.all(others.map(({ pid }) => describe(pid, commandLine(pid))));
  return rows.filter((row) => row !== undefined);
}

async function describe(pid: number, words: string[]): Promise<TunnelRow | undefined> {
  const target = urlOf(words);
  if (basename(words[0] ?? "") !== "cloudflared" || target === undefined) return undefined;
  const log = outputFile(pid);
  const url = log === undefined ? undefined : await addressIn(log);
  const service = log === undefined ? `pid ${pid}` : basename(log);
  return { kind: "quick", url: url ?? null, target, service, ready: url !== undefined, pid, reason: null };
}

function commandLine(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
  } catch {
    return [];
  }
}

function urlOf(words: string[]): string | undefined {
  const index = words.findIndex((word) => /^--?url(=|$)/.test(word));
  if (index === -1) return undefined;
  return words[index]?.includes("=") ? words[index]?.replace(/^[^=]*=/, "") : words[index + 1];
}

/** The log file that stderr or stdout of a process is open on. */
function outputFile(pid: number): string | undefined {
  for (const fd of [2, 1]) {
    try {
      const path = readlinkSync(`/proc/${pid}/fd/${fd}`);
      if (path.endsWith(".log")) return path;
    } catch {
      // The process belongs to another user, or has ended.
    }
  }
  return undefined;
}

async function addressIn(path: string): Promise<string | undefined> {
  const text = await Bun.file(path)
    .slice(0, SEARCHED_BYTES)
    .text()
    .catch(() => "");
  return text.match(ADDRESS)?.at(-1);
}
