import { expect, test } from "bun:test";
import { appendFileSync, renameSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { AiDockError } from "../../../src/errors.ts";
import { portalServer } from "./_portal-server.ts";
import { specOf } from "../../supervisor/spec-fixture.ts";

/** Reads server-sent events until one is what is looked for. */
async function waitForEvent(response: Response, isIt: (event: string, data: string) => boolean) {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    const events = [...text.matchAll(/event: (.*)\ndata: (.*)\n\n/g)];
    const found = events.find(([, event = "", data = ""]) => isIt(event, data));
    if (found !== undefined) return found[2] ?? "";
  }
  throw new Error("the stream has ended");
}

test("the socket is for its owner alone", async () => {
  await using server = portalServer();
  expect(statSync(server.socket).mode & 0o777).toBe(0o600);
});

test("programs are started and stopped, but for those that carry the portal", async () => {
  await using server = portalServer();
  for (const name of ["app", "sshd", "caddy"]) server.supervisor.add(specOf(name));
  const { results } = await server.portal.act({ action: "start", names: ["app"] });
  expect(results).toMatchObject([{ name: "app", ok: true }]);
  const refusals = [["sshd"], ["caddy"], ["all"]].map((names) =>
    server.portal.act({ action: "stop", names }).catch((error: AiDockError) => error.code),
  );
  expect(await Promise.all(refusals)).toEqual(["E_FORBIDDEN", "E_FORBIDDEN", "E_FORBIDDEN"]);
  const { programs } = await server.portal.state();
  expect(programs.map((one) => [one.id, one.state, one.protected])).toEqual([
    ["app", "RUNNING", false],
    ["caddy", "STOPPED", true],
    ["sshd", "STOPPED", true],
  ]);
});

test("what other clients may ask for is not there", async () => {
  await using server = portalServer();
  for (const path of ["/update", "/RPC2", "/rpc", "/health"]) {
    const response = await fetch(`http://ai-dock${path}`, {
      method: "POST",
      body: "{}",
      unix: server.socket,
    });
    expect(response.status).toBe(404);
  }
  const signal = { action: "signal", names: ["app"], signal: "KILL" };
  const options = { method: "POST", body: JSON.stringify(signal), unix: server.socket };
  expect((await fetch("http://ai-dock/action", options)).status).toBe(400);
});

test("a code is good once, and secrets of the environment are hidden", async () => {
  await using server = portalServer();
  expect(await server.portal.redeem("other")).toBe(false);
  expect(await server.portal.redeem("once")).toBe(true);
  expect(await server.portal.redeem("once")).toBe(false);
  const rows = await server.portal.environment();
  expect(rows.find(({ name }) => name === "A")?.value).toBe("b");
  expect(rows.find(({ name }) => name === "WEB_PASSWORD")?.value).toBe("[redacted]");
});

test("events follow programs, services and credentials", async () => {
  await using server = portalServer();
  const program = server.supervisor.add(specOf("app"));
  const over = new AbortController();
  const running = waitForEvent(await server.portal.events(over.signal), (event, data) =>
    event === "state" ? data.includes('"state":"RUNNING"') : false,
  );
  const credentials = waitForEvent(
    await server.portal.events(over.signal),
    (event) => event === "credentials",
  );
  await server.supervisor.start([program]);
  await running;
  server.tell("credentials");
  await credentials;
  over.abort();
});

test("logs are read by bytes, through their generations, and followed", async () => {
  await using server = portalServer();
  const path = join(server.directory, "app.log");
  writeFileSync(path, "one\n");
  const over = new AbortController();
  const events = await server.portal.watchLogs(["app"], over.signal);
  const grown = waitForEvent(events, (_event, data) => data.includes('"size":8'));
  appendFileSync(path, "two\n");
  const { inode } = JSON.parse(await grown) as { inode: number };
  over.abort();
  renameSync(path, `${path}.1`);
  writeFileSync(path, "three\n");
  const [log] = await server.portal.logs();
  expect(log?.generations.map(({ index, size }) => [index, size])).toEqual([
    [0, 6],
    [1, 8],
  ]);
  expect(log?.generations[1]?.inode).toBe(inode);
  const at = { name: "app", stream: "stdout", length: 0 } as const;
  const old = await server.portal.logBytes({ ...at, index: 1, offset: 4 });
  expect(Buffer.from(old?.bytes ?? []).toString()).toBe("two\n");
  expect(old?.size).toBe(8);
  expect(await server.portal.logBytes({ ...at, index: 1, offset: 9 })).toBeUndefined();
  expect(await server.portal.logBytes({ ...at, index: 2, offset: 0 })).toBeUndefined();
});

test("a link in the place of a log is not followed", async () => {
  await using server = portalServer();
  symlinkSync("/etc/hostname", join(server.directory, "shadow.log"));
  const [log] = await server.portal.logs();
  expect(log).toEqual({ name: "shadow", stream: "stdout", generations: [] });
  const at = { name: "shadow", stream: "stdout", index: 0, offset: 0, length: 0 } as const;
  expect(await server.portal.logBytes(at)).toBeUndefined();
});
