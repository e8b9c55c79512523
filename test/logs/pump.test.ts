import { describe, expect, test } from "bun:test";
import { closeSync, fstatSync, readFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { ContainerOutput } from "../../src/logs/write/container.ts";
import { LogFile } from "../../src/logs/write/log-file.ts";
import { pumpOutput } from "../../src/logs/write/pump.ts";
import { pipe } from "../../src/sys/pipes.ts";
import { temporaryDirectory } from "./_helpers.ts";
import { TestPipe } from "./_reader.ts";

function fileIn(directory: string): LogFile {
  return new LogFile({ path: join(directory, "a.log"), maxBytes: 0, backups: 0, warn() {} });
}

const base = { name: "a", stream: "stdout", file: null, container: null } as const;

function isOpen(fd: number): boolean {
  try {
    fstatSync(fd);
    return true;
  } catch {
    return false;
  }
}

describe("pumpOutput()", () => {
  test("copies until the end and closes the pipe", async () => {
    using directory = temporaryDirectory();
    using reader = new TestPipe();
    const { read, write } = pipe();
    const seen: string[] = [];
    const pump = pumpOutput(read, {
      ...base,
      file: fileIn(directory.path),
      container: new ContainerOutput({ fd: reader.write, format: "prefix" }),
      onChunk(chunk) {
        seen.push(Buffer.from(chunk).toString());
        throw new Error("a watcher's own problem");
      },
    });
    writeSync(write, "one\ntwo");
    closeSync(write);
    await pump;
    reader.take();
    expect(readFileSync(join(directory.path, "a.log"), "utf8")).toBe("one\ntwo");
    expect(reader.text).toBe("a | one\na | two\n");
    expect(seen.join("")).toBe("one\ntwo");
    expect(isOpen(read)).toBe(false);
  });

  test("a line of 100 MB costs little memory", async () => {
    using directory = temporaryDirectory();
    const fixture = join(import.meta.dir, "../fixtures/log-pump-fixture.ts");
    const command = ["bash", "-c", "head -c 100000000 /dev/zero | tr '\\0' x"];
    const child = Bun.spawn([process.execPath, fixture, directory.path, ...command], {
      stdout: "pipe",
      stderr: "inherit",
    });
    const [text, exitCode] = await Promise.all([child.stdout.text(), child.exited]);
    const { peakKilobytes, idleKilobytes } = JSON.parse(text) as Record<
      "peakKilobytes" | "idleKilobytes",
      number
    >;
    expect(Bun.file(join(directory.path, "a.log")).size).toBe(100_000_000);
    expect(peakKilobytes - idleKilobytes).toBeLessThan(60_000);
    expect(exitCode).toBe(0);
  }, 60_000);
});
