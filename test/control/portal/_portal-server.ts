import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { portalControlAt } from "../../../src/control/portal/client.ts";
import type { PortalContext } from "../../../src/control/portal/context.ts";
import { servePortal } from "../../../src/control/portal/server.ts";
import { Supervisor } from "../../../src/supervisor/supervisor.ts";
import { bareSupervisor } from "../../supervisor/spec-fixture.ts";
import { fixedIdle } from "../idle-fixture.ts";

const ourselves = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };

/** A running supervisor behind a real socket, until the end of the scope. */
export function portalServer(options: Parameters<typeof servePortal>[3] = {}) {
  const directory = mkdtempSync(join(tmpdir(), "portal-"));
  const supervisor = new Supervisor(bareSupervisor);
  supervisor.phase = "running";
  const listeners = new Set<(what: "state" | "credentials") => void>();
  const codes = new Set(["once"]);
  const context: PortalContext = {
    supervisor,
    version: "1",
    logDirectory: directory,
    services: () => [],
    boot: () => null,
    idle: fixedIdle(),
    ssh: () => null,
    environment: () => ({ env: { WEB_PASSWORD: "hunter22", A: "b" }, sources: {} }),
    credentials: () => ({
      login: true,
      cookie: "ai_dock_01234567_session",
      user: "user",
      password: "hunter22",
      tokens: ["t"],
      sessionKey: "a2V5",
      exclude: [],
    }),
    redeem: (code) => codes.delete(code),
    doctor: async () => [],
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  const socket = join(directory, "portal.sock");
  const close = servePortal(context, socket, ourselves, options);
  return {
    supervisor,
    directory,
    socket,
    portal: portalControlAt(socket),
    tell: (what: "state" | "credentials") => listeners.forEach((listener) => listener(what)),
    async [Symbol.asyncDispose]() {
      close();
      await supervisor.stop(supervisor.programs);
    },
  };
}
