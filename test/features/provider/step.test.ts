import { expect, test } from "bun:test";
import { existsSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { adaptToProvider } from "../../../src/features/provider/step.ts";
import { bootContext } from "../context-fixture.ts";

test("adaptToProvider() names the provider and keeps tmux away only when asked", () => {
  const marker = join(mkdtempSync(join(tmpdir(), "provider-")), ".no_auto_tmux");
  expect(adaptToProvider(bootContext({}, { VAST_CONTAINERLABEL: "C.1" }), marker)).toEqual({
    message: "Provider recognised",
    fields: { provider: "vast.ai" },
  });
  expect(existsSync(marker)).toBe(false);
  expect(adaptToProvider(bootContext({ VAST_NO_TMUX: "true" }), marker)).toBeUndefined();
  expect(existsSync(marker)).toBe(true);
});

test("a port that is asked for with one number inside and outside gets that number", () => {
  const context = bootContext(
    {},
    {
      A_PORT_HOST: "70001",
      B_PORT_HOST: "70002",
      C_PORT_HOST: "70003",
      D_PORT_HOST: "70004",
      SSH_PORT_HOST: "2222",
      VAST_TCP_PORT_70001: "41234",
      VAST_UDP_PORT_70002: "41235",
      RUNPOD_TCP_PORT_70003: "41236",
      VAST_TCP_PORT_70004: "x",
    },
  );
  adaptToProvider(context, "/nonexistent/tmux");
  const { A_PORT_HOST, B_PORT_HOST, C_PORT_HOST, D_PORT_HOST, SSH_PORT_HOST } = context.env;
  expect([A_PORT_HOST, B_PORT_HOST, C_PORT_HOST, D_PORT_HOST, SSH_PORT_HOST]).toEqual([
    "41234",
    "41235",
    "41236",
    "70004",
    "2222",
  ]);
  expect(context.lines).toEqual([
    'warn D_PORT_HOST: expected VAST_TCP_PORT_70004 or RUNPOD_TCP_PORT_70004 from the cloud, got neither; programs get "70004"',
  ]);
});

test("options by their old name reach later images, unless they are given by the new one", () => {
  const context = bootContext(
    {},
    { A_FLAGS: "--a", B_FLAGS: "--b", B_ARGS: "--own", C_FLAGS: "--c", C_ARGS: "", _FLAGS: "x", D_FLAGS: "" },
  );
  adaptToProvider(context, "/nonexistent/tmux");
  expect(context.env).toMatchObject({ A_ARGS: "--a", B_ARGS: "--own", C_ARGS: "--c" });
  expect(context.env).not.toHaveProperty("_ARGS");
  expect(context.env).not.toHaveProperty("D_ARGS");
});
