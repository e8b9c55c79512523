import { afterAll, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { planAll } from "../../../src/provision/plan.ts";
import { prepare } from "../../../src/provision/prepare.ts";

const server = Bun.serve({
  port: 0,
  hostname: "127.0.0.1",
  fetch({ url }) {
    const { pathname } = new URL(url);
    if (pathname === "/busy") return new Response("later", { status: 503 });
    if (pathname === "/login") return new Response("who?", { status: 401 });
    return pathname === "/a" ? new Response("1234567") : new Response("no", { status: 404 });
  },
});
const folder = mkdtempSync(join(tmpdir(), "plan-"));
afterAll(async () => {
  await server.stop(true);
  rmSync(folder, { recursive: true });
});

test("a plan has the size of files as the server tells it, and says what cannot be downloaded", async () => {
  const env = { PATH: process.env["PATH"] ?? "", HOME: folder, WORKSPACE: `${folder}/volume/` };
  mkdirSync(env.WORKSPACE);
  const { signal } = new AbortController();
  const downloads = ["a", "busy", "login", "missing"].map((name) => ({
    url: `http://127.0.0.1:${server.port}/${name}`,
    dest: `${env.WORKSPACE}${name}`,
  }));
  const prepared = await prepare(env, JSON.stringify({ version: 1, downloads }), signal);
  const items = await planAll(prepared, { env, signal, records: `${folder}/records` });
  expect(items.map(({ name, action, bytes }) => [name, action, bytes])).toEqual([
    ["a", "do", 7],
    ["busy", "do", undefined],
    ["login", "failed", undefined],
    ["missing", "failed", undefined],
  ]);
  expect(items[2]?.detail).toEndWith("HTTP 401: a login is needed");
  expect(items[3]?.detail).toEndWith("HTTP 404: not there");
});
