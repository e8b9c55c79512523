import { expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { folder } from "../fixture.ts";
import { startDownload } from "../process-fixture.ts";
import { sendFile, serve, sha256 } from "../server-fixture.ts";

const MEBIBYTE = 2 ** 20;
const limits = { connections: 4, delaySeconds: 0.01 };

function randomBytes(size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  for (let at = 0; at < size; at += 65_536)
    crypto.getRandomValues(bytes.subarray(at, Math.min(size, at + 65_536)));
  return bytes;
}

test("a download that is killed again and again is whole in the end, and hardly a byte comes twice", async () => {
  const content = randomBytes(256 * MEBIBYTE);
  using server = await serve((asked, reply) =>
    sendFile(asked, reply, content, { etag: '"1"', pace: 16_384 }),
  );
  const { path, entries } = folder();
  const request = { url: server.url("/x"), target: `${path}/x`, limits };
  let received = 0;
  for (let kills = 0; kills < 6; kills++) {
    const { child, line } = startDownload(request);
    const first = await line();
    expect(first?.["resumedFrom"]).toBeGreaterThanOrEqual(received);
    received = Number(first?.["received"]);
    await Bun.sleep(Math.random() * 120);
    child.kill("SIGKILL");
    await child.exited;
    expect(entries()).toEqual([".x.ai-dock-journal", ".x.ai-dock-part"]);
  }
  const { child, line } = startDownload({ ...request, sha256: sha256(content) });
  await line();
  expect(await line()).toMatchObject({ size: content.length, sha256: sha256(content) });
  expect(await child.exited).toBe(0);
  expect(entries()).toEqual(["x"]);
  expect(sha256(new Uint8Array(readFileSync(`${path}/x`)))).toBe(sha256(content));
  expect(server.sent.bytes / content.length).toBeLessThan(1.02);
}, 120_000);

test("SIGTERM ends a download at once, and the next one goes on", async () => {
  const content = randomBytes(16 * MEBIBYTE);
  using server = await serve((asked, reply) => sendFile(asked, reply, content, { etag: '"1"', pace: 2000 }));
  const { path, entries } = folder();
  const request = { url: server.url("/x"), target: `${path}/x`, limits };
  const first = startDownload(request);
  await first.line();
  first.child.kill("SIGTERM");
  expect(await first.line()).toEqual({ code: "aborted" });
  expect(await first.child.exited).toBe(1);
  const second = startDownload(request);
  expect((await second.line())?.["resumedFrom"]).toBeGreaterThan(0);
  expect(await second.line()).toMatchObject({ size: content.length });
  await second.child.exited;
  expect(entries()).toEqual(["x"]);
});

test("a token is in no file, no argument and no message", async () => {
  const content = randomBytes(8 * MEBIBYTE);
  using server = await serve((asked, reply) =>
    asked.headers.get("authorization") === "Bearer verysecret"
      ? sendFile(asked, reply, content, { etag: '"1"', pace: 2000 })
      : reply.text(401, "no"),
  );
  const { path, entries } = folder();
  const { child, line } = startDownload(
    { url: server.url("/x?token=verysecret"), target: `${path}/x`, limits },
    { TOKEN: "verysecret" },
  );
  await line();
  const processes = readdirSync("/proc").filter((name) => /^\d+$/.test(name) && Number(name) !== child.pid);
  const commands = processes
    .map((pid) => read(`/proc/${pid}/cmdline`))
    .filter((text) => !text.includes("fixture.ts"));
  expect(commands.filter((text) => text.includes("verysecret"))).toEqual([]);
  for (const name of entries()) expect(readFileSync(join(path, name), "latin1")).not.toContain("verysecret");
  expect(JSON.stringify(await line())).not.toContain("verysecret");
  await child.exited;
});

function read(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}
