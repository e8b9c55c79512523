import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ControlContext } from "../../src/control/context.ts";
import { serveControl } from "../../src/control/server.ts";
import { Environment } from "../../src/env/environment.ts";
import { Configuration } from "../../src/supervisor/configuration.ts";
import { Supervisor } from "../../src/supervisor/supervisor.ts";
import { bareSupervisor } from "../supervisor/spec-fixture.ts";
import { fixedIdle } from "./idle-fixture.ts";

/** A path for a socket, in a folder of its own. */
export function socketPath(): string {
  return join(mkdtempSync(join(tmpdir(), "control-")), "control.sock");
}

/** A running supervisor without programs that serves a real control socket, until the end of the scope. */
export function controlServer() {
  const supervisor = new Supervisor(bareSupervisor);
  supervisor.phase = "running";
  const environment = new Environment({ env: { PATH: "/usr/bin:/bin" }, sources: {}, problems: [] });
  const { env, sources } = environment;
  const socket = socketPath();
  const context: ControlContext = {
    supervisor,
    configuration: new Configuration(async () => ({ programs: [], problems: [] })),
    version: "1.2.3",
    boot: () => null,
    idle: fixedIdle(),
    environment: () => ({ env, sources }),
    changeEnvironment: (changes) => environment.change(changes),
    web: {
      async describe() {
        throw new Error("no front");
      },
      async choose() {},
    },
    mainLog: { path: "/dev/null", clear() {} },
    onAction() {},
    requestStop() {},
  };
  const close = serveControl(context, socket);
  return {
    supervisor,
    env,
    socket,
    close,
    async [Symbol.asyncDispose]() {
      close();
      await supervisor.stop(supervisor.programs);
    },
  };
}
