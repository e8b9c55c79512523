import { describe, expect, test } from "bun:test";
import { Environment } from "../../src/env/environment.ts";
import { loadEnvironment } from "../../src/env/load.ts";

const environmentOf = (variables: Record<string, string>) => new Environment(loadEnvironment([], variables));

test("settings are those of the moment", () => {
  const environment = environmentOf({ SSH_PORT: "2222" });
  expect(environment.settings.SSH_PORT).toBe(2222);
  environment.env["SSH_PORT"] = "2223";
  environment.env["CF_TUNNEL_TOKEN"] = "a-new-secret";
  expect(environment.settings).toMatchObject({ SSH_PORT: 2223, CF_TUNNEL_TOKEN: "a-new-secret" });
  expect(environment.redactor("with a-new-secret")).toBe("with [redacted]");
});

test("each problem is told once, those that a script brings too", () => {
  const environment = environmentOf({ SSH_PORT: "abc" });
  expect(environment.takeProblems()).toEqual([
    'SSH_PORT: expected a port from 1 to 65535, got "abc"; using 22',
  ]);
  expect(environment.takeProblems()).toEqual([]);
  environment.env["AI_DOCK_ON_FATAL"] = "explode";
  expect(environment.takeProblems()).toEqual([
    'AI_DOCK_ON_FATAL: expected ignore or exit, got "explode"; using ignore',
  ]);
});

describe("settings that the boot has used already", () => {
  test("boot steps may change them, scripts are told that they come too late", () => {
    const environment = environmentOf({ GPU_COUNT: "2" });
    environment.env["GPU_COUNT"] = "1";
    expect(environment.takeProblems()).toEqual([]);
    environment.settleEarly();
    environment.env["GPU_COUNT"] = "4";
    environment.env["PROVISIONING_SCRIPT"] = "/a.sh";
    expect(environment.takeProblems()).toEqual([
      'GPU_COUNT: expected a value before the first script of the boot, got "4" from a script; this boot has used the old value',
    ]);
    expect(environment.takeProblems()).toEqual([]);
    expect(environment.env["GPU_COUNT"]).toBe("4");
    expect(environment.settings.PROVISIONING_SCRIPT).toBe("/a.sh");
  });

  test("WORKSPACE goes back, in one line: paths are made from it later on", () => {
    const environment = environmentOf({ WORKSPACE: "/data/" });
    environment.settleEarly();
    environment.env["WORKSPACE"] = "relative";
    const lines = environment.takeProblems();
    expect(lines).toEqual([
      'WORKSPACE: expected a value before the first script of the boot, got "relative" from a script; using /data/',
    ]);
    expect(environment.env["WORKSPACE"]).toBe("/data/");
    delete environment.env["WORKSPACE"];
    expect(environment.takeProblems()).toEqual([
      "WORKSPACE: expected a value before the first script of the boot, got none from a script; using /data/",
    ]);
  });

  test("USER_NAME goes back as well: programs run as the account that the boot has made", () => {
    const environment = environmentOf({ USER_NAME: "me" });
    environment.settleEarly();
    environment.env["USER_NAME"] = "root";
    expect(environment.takeProblems().join()).toContain('got "root" from a script; using me');
    expect(environment.env["USER_NAME"]).toBe("me");
  });

  test("a private key in the place of a public one is not shown", () => {
    const environment = environmentOf({});
    environment.settleEarly();
    environment.env["SSH_PUBKEY"] = "-----BEGIN OPENSSH PRIVATE KEY-----\nsecret";
    expect(environment.takeProblems().join()).toContain("got [redacted] from a script");
  });
});

test("changes leave other variables alone", () => {
  const environment = environmentOf({ A: "1", B: "2" });
  environment.change({ set: { B: "3", C: "4" }, unset: ["A"] });
  expect(environment.env).toEqual({ B: "3", C: "4" });
});
