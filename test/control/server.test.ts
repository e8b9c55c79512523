import { expect, test } from "bun:test";
import { existsSync, statSync } from "node:fs";
import { createConnection } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { once } from "node:events";
import { controlAt } from "../../src/control/client.ts";
import type { ControlContext } from "../../src/control/context.ts";
import { serveControl } from "../../src/control/server.ts";
import { controlServer } from "./control-fixture.ts";

/** Sends bytes as they are; resolves to the answer once the server has closed the connection, or to what came so far. */
async function send(socket: string, bytes: string, options: { end?: boolean } = {}): Promise<string> {
  const connection = createConnection(socket);
  await once(connection, "connect");
  let answer = "";
  connection.on("data", (chunk) => (answer += chunk.toString()));
  connection.on("error", () => undefined);
  connection.write(bytes);
  if (options.end) connection.end();
  await once(connection, "close");
  return answer;
}

const ask = (socket: string, path: string, body?: string) =>
  fetch(`http://localhost${path}`, { unix: socket, ...(body === undefined ? {} : { method: "POST", body }) });

test("the socket is its owner's alone, and gone when the server is closed", async () => {
  await using server = controlServer();
  expect(statSync(server.socket).mode & 0o777).toBe(0o600);
  server.close();
  expect(existsSync(server.socket)).toBeFalse();
});

test("the umask is what it was", async () => {
  const before = process.umask();
  await using _ = controlServer();
  expect(process.umask()).toBe(before);
});

test("a socket that cannot be made leaves the umask as it was", () => {
  const before = process.umask();
  const tooLong = join(tmpdir(), "x".repeat(200));
  expect(() => serveControl({} as ControlContext, tooLong)).toThrow();
  expect(process.umask(before)).toBe(before);
});

test.each([
  ["garbage", "\u0000\u0001\u0002 what is this\r\n\r\n"],
  ["no protocol", "GET /status\r\n\r\n"],
  ["a wrong header", "GET /status HTTP/1.1\r\nHost\u0000: x\r\n\r\n"],
  ["a body that is longer than it says", "POST /action HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n{}"],
])("%s ends its own connection and nothing else", async (_, bytes) => {
  await using server = controlServer();
  expect(await send(server.socket, bytes, { end: true })).not.toContain(" 200 ");
  expect((await controlAt(() => server.socket).status()).phase).toBe("running");
});

test("half a request holds nobody up, and does nothing", async () => {
  await using server = controlServer();
  const head =
    "POST /environment HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n";
  const half = createConnection(server.socket);
  await once(half, "connect");
  half.on("error", () => undefined);
  half.write(`${head}{"set":{"A":"1"},"unset":[]}`);
  const client = controlAt(() => server.socket);
  expect((await client.environment()).env).not.toHaveProperty("A");
  half.destroy();
  await once(half, "close");
  expect((await client.environment()).env).not.toHaveProperty("A");
});

test.each([
  ["/environment", "{"],
  ["/environment", '{"env":{"A":"1"}}'],
  ["/action", '{"action":"explode","names":["a"]}'],
  ["/action", '{"action":"start","names":[]}'],
  ["/rpc", "[]"],
])("%s refuses %s", async (path, body) => {
  await using server = controlServer();
  const response = await ask(server.socket, path, body);
  expect(response.status).toBe(400);
  expect(await response.json()).toEqual({ error: "Cannot understand the request", code: "E_BAD_REQUEST" });
  expect(server.env).toEqual({ PATH: "/usr/bin:/bin" });
});

test("what is not there is said to be not there", async () => {
  await using server = controlServer();
  const response = await ask(server.socket, "/nothing");
  expect(response.status).toBe(404);
  expect(await response.json()).toEqual({ error: "No such resource", code: "E_NOT_FOUND" });
});

test("a request beyond the limit is refused", async () => {
  await using server = controlServer();
  const response = await ask(server.socket, "/rpc", `"${"x".repeat(2 * 1024 * 1024)}"`);
  expect(response.status).toBe(413);
  expect((await controlAt(() => server.socket).status()).phase).toBe("running");
});

test("changes of the environment keep what others have changed meanwhile", async () => {
  await using server = controlServer();
  const client = controlAt(() => server.socket);
  server.env["OLD"] = "1";
  await client.changeEnvironment({ set: { MINE: "1" }, unset: [] });
  const { env } = await client.changeEnvironment({ set: { YOURS: "2" }, unset: ["OLD"] });
  expect(env).toEqual({ PATH: "/usr/bin:/bin", MINE: "1", YOURS: "2" });
  expect(server.env).toEqual(env);
});

test("the environment is left alone while the container is stopping, but hooks of the boot store in it", async () => {
  await using server = controlServer();
  const change = (name: string) =>
    controlAt(() => server.socket).changeEnvironment({ set: { [name]: "1" }, unset: [] });
  server.supervisor.phase = "booting";
  expect((await change("A")).env).toHaveProperty("A", "1");
  server.supervisor.phase = "stopping";
  expect(await change("B").catch((error: unknown) => error)).toMatchObject({ code: "E_STOPPING" });
  expect(server.env).not.toHaveProperty("B");
});
