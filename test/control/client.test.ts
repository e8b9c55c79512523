import { expect, test } from "bun:test";
import { once } from "node:events";
import { createServer } from "node:net";
import { controlAt } from "../../src/control/client.ts";
import { specOf } from "../supervisor/spec-fixture.ts";
import { controlServer, socketPath } from "./control-fixture.ts";

const failureOf = (asked: Promise<unknown>) => asked.then(undefined, (error: unknown) => error);

/** Something at a socket that treats each connection in its own way; counts them. */
async function standIn(treat: (connection: import("node:net").Socket, number: number) => void) {
  const path = socketPath();
  let connections = 0;
  const server = createServer((connection) => {
    connection.on("error", () => undefined);
    treat(connection, ++connections);
  });
  server.listen(path);
  await once(server, "listening");
  return {
    path,
    count: () => connections,
    [Symbol.dispose]: () => void server.close(),
  };
}

const answer = (body: object) => {
  const text = JSON.stringify(body);
  return `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${text.length}\r\nConnection: close\r\n\r\n${text}`;
};

test("without a socket there is no supervisor, at once", async () => {
  expect(await failureOf(controlAt(socketPath).status())).toMatchObject({
    code: "E_NO_SUPERVISOR",
    exitCode: 4,
    message: "No supervisor: ai-dock init is not running in this container",
  });
});

test("a socket that nobody serves is no supervisor either", async () => {
  const { path, [Symbol.dispose]: close } = await standIn(() => undefined);
  close();
  expect(await failureOf(controlAt(() => path).status())).toMatchObject({ code: "E_NO_SUPERVISOR" });
});

test("a refusal has the supervisor's words and code", async () => {
  await using server = controlServer();
  server.supervisor.add(specOf("a"));
  const client = controlAt(() => server.socket);
  expect(await failureOf(client.act({ action: "start", names: ["b"] }))).toMatchObject({
    message: 'No such program: expected one of a, got "b"',
    code: "E_NO_SUCH_PROGRAM",
    exitCode: 1,
  });
  expect(await failureOf(client.act({ action: "signal", names: ["a"], signal: "NOPE" }))).toMatchObject({
    code: "E_BAD_SIGNAL",
  });
});

test("a refusal has the supervisor's hint; one without words has its status", async () => {
  await using server = controlServer();
  server.supervisor.add(specOf("a"));
  server.supervisor.phase = "booting";
  const client = controlAt(() => server.socket);
  expect(await failureOf(client.act({ action: "start", names: ["late"] }))).toMatchObject({
    code: "E_BOOTING",
    hint: "ai-dock logs -f",
  });
  expect(await failureOf(client.rpc("sendProcessStdin", ["a", "x".repeat(2 * 1024 * 1024)]))).toMatchObject({
    message: "The supervisor answers with HTTP status 413",
    code: "E_FAILURE",
  });
});

test("a read is tried again when the connection breaks, an action is not", async () => {
  using flaky = await standIn((connection, number) => {
    connection.once("data", () => {
      if (number < 3) connection.destroy();
      else connection.end(answer({ phase: "running", boot: null, programs: [], notices: [], idle: null }));
    });
  });
  expect(await controlAt(() => flaky.path).status()).toEqual({
    phase: "running",
    boot: null,
    programs: [],
    notices: [],
    idle: null,
  });
  expect(flaky.count()).toBe(3);

  using broken = await standIn((connection) => connection.once("data", () => connection.destroy()));
  const refused = controlAt(() => broken.path).act({ action: "restart", names: ["all"] });
  expect(await failureOf(refused)).toMatchObject({ code: "E_NO_SUPERVISOR" });
  expect(broken.count()).toBe(1);
});

test("many clients at once all get an answer", async () => {
  await using server = controlServer();
  const client = controlAt(() => server.socket);
  const asked = await Promise.all(Array.from({ length: 600 }, () => client.status()));
  expect(asked.every(({ phase }) => phase === "running")).toBeTrue();
});
