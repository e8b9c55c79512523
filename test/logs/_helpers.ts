import { closeSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pumpOutput, type PumpOptions } from "../../src/logs/write/pump.ts";
import { pipe } from "../../src/sys/pipes.ts";

const WRITER = join(import.meta.dir, "../fixtures/log-writer-fixture.ts");

/** A directory that goes with the test. */
export function temporaryDirectory(): { path: string } & Disposable {
  const path = mkdtempSync(join(tmpdir(), "ai-dock-logs-"));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

/** A small file system of its own, for a full disk. */
export function smallDisk(bytes: number): { path: string } & Disposable {
  const directory = temporaryDirectory();
  const { path } = directory;
  mount(["-t", "tmpfs", "-o", `size=${bytes}`, "tmpfs", path]);
  return {
    path,
    [Symbol.dispose]() {
      unmount(path);
      directory[Symbol.dispose]();
    },
  };
}

export function mount(words: string[]): void {
  const { exitCode, stderr } = Bun.spawnSync(["mount", ...words]);
  if (exitCode !== 0) throw new Error(stderr.toString());
}

export function unmount(path: string): void {
  Bun.spawnSync(["umount", "-l", path]);
}

/** Resolves when the condition holds. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await Bun.sleep(2);
}

/** A log and its generations as one text, oldest first. */
export function readGenerations(path: string, backups: number): string {
  let text = "";
  for (let number = backups; number >= 0; number--) {
    const file = Bun.file(number === 0 ? path : `${path}.${number}`);
    if (file.size > 0) text += readFileSync(file.name as string, "latin1");
  }
  return text;
}

/** Runs the writer fixture as a program whose output is pumped; resolves when all of it is written. */
export async function pumpWriter(
  words: [name: string, count: number, size?: number],
  {
    file = null,
    container = null,
    ...more
  }: Partial<Pick<PumpOptions, "file" | "container" | "counts" | "limit">>,
): Promise<void> {
  const { read, write } = pipe();
  Bun.spawn([process.execPath, WRITER, ...words.map(String)], { stdout: write, stderr: "inherit" });
  closeSync(write);
  await pumpOutput(read, { name: words[0], stream: "stdout", file, container, ...more });
}
