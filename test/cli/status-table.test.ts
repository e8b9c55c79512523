import { expect, test } from "bun:test";
import type { IdleState } from "../../src/control/idle.ts";
import { statusTable } from "../../src/cli/status-table.ts";
import type { ProgramStatus } from "../../src/supervisor/status.ts";
import { someIdleState } from "../control/idle-fixture.ts";

function program(name: string, more: Partial<ProgramStatus>): ProgramStatus {
  return {
    name,
    group: name,
    state: "STOPPED",
    pid: null,
    uptime_s: null,
    ready: false,
    restarts: 0,
    exit_code: null,
    signal: null,
    reason: null,
    note: null,
    facts: {},
    ...more,
  };
}

const up = { state: "RUNNING", pid: 7, ready: true } as const;

test("a row tells state, process, uptime, readiness, restarts and the reason, in columns", () => {
  const rows = [
    program("sshd", { ...up, uptime_s: 59.9 }),
    program("app_01", { ...up, group: "apps", uptime_s: 3661, ready: false, note: "loads a model" }),
    program("old", { ...up, uptime_s: 90_061, restarts: 1 }),
    program("crashes", { state: "BACKOFF", restarts: 3, reason: "exit code 1" }),
    program("done", { state: "EXITED", exit_code: 0 }),
    program("off", { reason: "switched off by AI_DOCK_DISABLE" }),
    program("idle", {}),
  ];
  expect(statusTable({ phase: "running", boot: null, notices: [] }, rows)).toEqual([
    "sshd         RUNNING   pid 7, up 0:00:59, ready",
    "apps:app_01  RUNNING   pid 7, up 1:01:01, not ready, loads a model",
    "old          RUNNING   pid 7, up 1d 1:01:01, ready, 1 restart",
    "crashes      BACKOFF   3 restarts, exit code 1",
    "done         EXITED    exit code 0",
    "off          STOPPED   switched off by AI_DOCK_DISABLE",
    "idle         STOPPED",
  ]);
});

test("a container that boots or stops says so first; without programs that is all", () => {
  expect(statusTable({ phase: "booting", boot: null, notices: [] }, [])).toEqual([
    "The container is booting; see: ai-dock logs -f",
  ]);
  const boot = { step: "provisioning", since: 1_000_000 };
  expect(statusTable({ phase: "booting", boot, notices: [] }, [], 1_075_000)).toEqual([
    "The container is booting (provisioning, for 0:01:15); see: ai-dock logs -f",
  ]);
  expect(statusTable({ phase: "running", boot: null, notices: [] }, [])).toEqual(["No programs"]);
});

test("what is no program's doing stands above the programs", () => {
  expect(
    statusTable(
      { phase: "running", boot: null, notices: [{ id: "gpu", severity: "error", message: "GPU lost" }] },
      [program("x", up)],
    ),
  ).toEqual(["GPU lost", "x  RUNNING   pid 7, ready"]);
});

test("a container that ends when nobody uses it says what it waits for", () => {
  const idle = {
    ...someIdleState,
    phase: "busy" as const,
    last_activity: 60_000,
    ends: { why: "idle" as const, at: 1_860_000 },
  };
  const lines = (state: IdleState) =>
    statusTable({ phase: "running", boot: null, notices: [], idle: state }, [], 120_000)[0];
  const busy = [{ source: "ssh", detail: "ssh session from 203.0.113.7", measured: true, since: 0 }];
  expect(lines({ ...idle, busy })).toBe(
    "In use (ssh session from 203.0.113.7); AI_DOCK_IDLE_MINUTES=30: exit in 29 min at the earliest",
  );
  expect(lines({ ...idle, phase: "idle" })).toBe(
    "Not used for 1 min; AI_DOCK_IDLE_MINUTES=30: exit in 29 min at the earliest",
  );
  // A notice stands there.
  expect(lines({ ...idle, phase: "warning" })).toBe("No programs");
});
