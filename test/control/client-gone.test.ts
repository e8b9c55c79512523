import { afterAll, expect, spyOn, test } from "bun:test";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ControlContext } from "../../src/control/context.ts";
import { serveControl } from "../../src/control/server.ts";
import { Supervisor } from "../../src/supervisor/supervisor.ts";
import { bareSupervisor, specOf } from "../supervisor/spec-fixture.ts";

const supervisor = new Supervisor(bareSupervisor);
supervisor.phase = "running";
const environment = () => ({ env: { PATH: "/usr/bin:/bin" }, sources: {} });
// Starting looks at nothing else.
const context = { supervisor, environment } as unknown as ControlContext;
const socket = join(mkdtempSync(join(tmpdir(), "control-")), "control.sock");
const close = serveControl(context, socket);
afterAll(async () => {
  close();
  await supervisor.stop(supervisor.programs);
});

test.each([
  ["/rpc", { method: "startProcess", params: ["rpc", true] }, "rpc"],
  ["/action", { action: "start", names: ["action"] }, "action"],
])("%s: nothing waits on for a client that has gone before its program came up", async (path, body, name) => {
  const program = supervisor.add(specOf(name, { startsecs: 1000 }));
  const start = spyOn(supervisor, "start");
  const client = new AbortController();
  const answer = fetch(`http://localhost${path}`, {
    unix: socket,
    method: "POST",
    body: JSON.stringify(body),
    signal: client.signal,
  });
  await supervisor.until(() => program.state === "STARTING");
  const waiting = start.mock.results.at(-1)!.value;
  client.abort();
  expect(await answer.catch((error: Error) => error.name)).toBe("AbortError");
  await waiting;
  expect(program.state).toBe("STARTING");
  start.mockRestore();
});
