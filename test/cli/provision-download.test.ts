import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { folder } from "../provision/fixture.ts";
import { bytesOf, sendFile, serve } from "../provision/server-fixture.ts";

const MAIN = resolve(import.meta.dir, "../../src/main.ts");

async function run(...words: string[]) {
  const child = Bun.spawn([process.execPath, MAIN, "provision", "download", ...words], {
    stdout: "pipe",
    stderr: "pipe",
    env: { PATH: process.env["PATH"] ?? "" },
  });
  const [stdout, stderr, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  return { stdout, stderr, code };
}

test("ai-dock provision download fetches one source and says what it is", async () => {
  const content = bytesOf(3_000_000);
  using server = await serve((asked, reply) =>
    asked.path === "/x.bin" ? sendFile(asked, reply, content) : reply.text(404, "no"),
  );
  const { path } = folder();
  expect(await run(server.url("/x.bin"), `${path}/new/`)).toEqual({
    stdout: `${path}/new/x.bin: 3 MiB, 3 MiB fetched\n`,
    stderr: "",
    code: 0,
  });
  expect(new Uint8Array(readFileSync(`${path}/new/x.bin`))).toEqual(content);
  expect(await run(server.url("/none?token=secret"), `${path}/none`)).toEqual({
    stdout: "",
    stderr: `ai-dock: "${server.url("/none")}?…": expected a file, got HTTP 404: not there\nCheck the URL\n`,
    code: 1,
  });
  expect((await run("x")).code).toBe(2);
});
