import { readFileSync } from "node:fs";
import { libc } from "./libc.ts";

/** Between giving up code and collecting what it held: JavaScriptCore drops code once it is idle. */
const IDLE_MILLISECONDS = 100;

/**
 * Gives back the memory of what ran once: machine code, bytecode that can be read from the executable again, garbage,
 * and pages of the executable that nobody looks at any more. What is needed again costs page faults, no read of the disk.
 */
export function releaseMemory(): void {
  Bun.shrink();
  setTimeout(() => {
    Bun.gc(true);
    unmapCleanPages();
  }, IDLE_MILLISECONDS).unref();
}

const MADV_DONTNEED = 4;

/** A mapping of a file that is not writable, and its memory that is no page of the file (proc_pid_smaps(5)). */
const readOnlyMapping =
  /^([0-9a-f]+)-([0-9a-f]+) r-[-x]p [0-9a-f]+ [0-9a-f:]+ [1-9]\d* .*\n(?:[A-Z].*\n)*?Anonymous: +(\d+) kB$/gm;

/**
 * Drops this process's page table entries for code and constants of the executable and of libraries. The pages stay in the
 * page cache, and come back at the next use. Mappings with pages of their own are left alone: these pages were written
 * before the mapping became read-only (RELRO, JavaScriptCore's configuration), and would be lost.
 */
export function unmapCleanPages(): void {
  let smaps: string;
  try {
    smaps = readFileSync("/proc/self/smaps", "latin1");
  } catch {
    return;
  }
  for (const [, start = "", end = "", anonymous] of smaps.matchAll(readOnlyMapping)) {
    if (anonymous !== "0") continue;
    const address = BigInt(`0x${start}`);
    libc.madvise(address, BigInt(`0x${end}`) - address, MADV_DONTNEED);
  }
}
