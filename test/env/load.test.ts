import { describe, expect, test } from "bun:test";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cleanValue, loadEnvironment } from "../../src/env/load.ts";

describe("cleanValue()", () => {
  test.each([
    ['{"a": "b c"}', '{"a": "b c"}'],
    ["abc=", "abc="],
    ["abc==", "abc=="],
    [`a'b"c`, `a'b"c`],
    ["$(touch /tmp/x)", "$(touch /tmp/x)"],
    ["one\ntwo\n", "one\ntwo\n"],
    ["a___b", "a b"],
    ["____", " _"],
    ['"quoted"', "quoted"],
    ["'single'", "single"],
    [`"mixed'`, `"mixed'`],
    ['"', '"'],
    ['""', ""],
    ['"a___b"', "a b"],
  ])("%p becomes %p", (given, expected) => {
    expect(cleanValue(given)).toBe(expected);
  });
});

describe("loadEnvironment()", () => {
  test("arguments override the container, both by the same rules", () => {
    const { env, sources } = loadEnvironment(["A=x=y", "MULTI=one\ntwo"], { A: "container", B: "b___b" });
    expect(env).toEqual({ A: "x=y", MULTI: "one\ntwo", B: "b b" });
    expect(sources).toEqual({ A: "argument", MULTI: "argument", B: "container" });
  });

  test("empty means unset for our own settings, and for nothing else", () => {
    const { env, settings, problems, sources } = loadEnvironment(
      ["C=", "SSH_PORT=", "CF_TUNNEL_TOKEN_FILE="],
      {
        SSH_PORT: "2222",
        GPU_COUNT: "",
        WORKSPACE: '""',
        RCLONE_CONFIG_PASS_FILE: "",
        CUDA_VISIBLE_DEVICES: "",
        A: '""',
        C: "given",
      },
    );
    expect(env).toEqual({ SSH_PORT: "2222", CUDA_VISIBLE_DEVICES: "", A: "", C: "" });
    expect(sources).toEqual({
      SSH_PORT: "container",
      CUDA_VISIBLE_DEVICES: "container",
      A: "container",
      C: "argument",
    });
    expect(settings).toMatchObject({ SSH_PORT: 2222, WORKSPACE: "/workspace/" });
    expect(problems).toEqual([]);
  });

  test.each([
    ["AI_DOCK_IDLE_MINUTES", "-5", "a number of minutes from 0, which is never, to 525600", "using 0"],
    ["AI_DOCK_MAX_HOURS", "1e30", "a number of hours from 0, which is never, to 8760", "using 0"],
    ["AI_DOCK_THREADS", "100000", "off or a number of threads from 1 to 4096", "ignoring it"],
    ["PROVISIONING_TIMEOUT", "9999999", "a number of seconds from 0 to 604800", "using 0"],
  ])("%s=%s is told with the range that holds", (name, given, expected, consequence) => {
    expect(loadEnvironment([], { [name]: given }).problems.map(({ message }) => message)).toEqual([
      `${name}: expected ${expected}, got "${given}"; ${consequence}`,
    ]);
  });

  test("each invalid value gives one line and the default", () => {
    const given = {
      SSH_PORT: "abc",
      GPU_COUNT: "-1",
      WORKSPACE: "relative",
      CF_QUICK_TUNNELS: "maybe",
      AI_DOCK_ON_FATAL: "explode",
    };
    const { settings, problems } = loadEnvironment([], given);
    expect(problems.map(({ message }) => message)).toEqual([
      'SSH_PORT: expected a port from 1 to 65535, got "abc"; using 22',
      'WORKSPACE: expected an absolute path, got "relative"; using /workspace/',
      'GPU_COUNT: expected a number of GPUs from 0, got "-1"; ignoring it',
      'CF_QUICK_TUNNELS: expected true, false, open or a list of ports such as 8188,8888, got "maybe"; using false',
      'AI_DOCK_ON_FATAL: expected ignore or exit, got "explode"; using ignore',
    ]);
    expect(settings).toMatchObject({ SSH_PORT: 22, WORKSPACE: "/workspace/", CF_QUICK_TUNNELS: false });
    expect(settings.GPU_COUNT).toBeUndefined();
  });

  test.each(["0", "70000", "65536", "-22", "22.5", "2 2", "1e3", "99999999999"])(
    "SSH_PORT=%p is refused",
    (port) => {
      expect(loadEnvironment([], { SSH_PORT: port }).problems).toHaveLength(1);
    },
  );

  test.each([
    ["false", false],
    ["0", false],
    ["No", false],
    ["OFF", false],
    ["TRUE", true],
    ["1", true],
    ["yes", true],
    ["On", true],
  ])("SKIP_ACL=%s is %p", (text, value) => {
    expect(loadEnvironment([], { SKIP_ACL: text }).settings.SKIP_ACL).toBe(value);
  });

  test("blanks around a setting, as forms paste them, are none of it; programs get the value as given", () => {
    const given = {
      SSH_PORT: "2222 ",
      SSH_PUBKEY: " ssh-ed25519 AAAA me\n",
      WORKSPACE: "\t/my data ",
      SKIP_ACL: "true ",
      GPU_COUNT: " 1",
      PROVISIONING_SCRIPT: " http://example.org/x.sh\r\n",
      PROVISIONING_SHA256: ` ${"A".repeat(64)} `,
      CF_TUNNEL_TOKEN: " token ",
      CF_QUICK_TUNNELS: " 8188,8888 ",
      AI_DOCK_DISABLE: " a, b ",
      AI_DOCK_ON_FATAL: "exit ",
      RCLONE_CONFIG: "  ",
    };
    const { env, settings, problems } = loadEnvironment([], given);
    expect(problems).toEqual([]);
    expect(settings).toMatchObject({
      SSH_PORT: 2222,
      SSH_PUBKEY: "ssh-ed25519 AAAA me",
      WORKSPACE: "/my data",
      SKIP_ACL: true,
      GPU_COUNT: 1,
      PROVISIONING_SCRIPT: "http://example.org/x.sh",
      PROVISIONING_SHA256: "a".repeat(64),
      CF_TUNNEL_TOKEN: "token",
      CF_QUICK_TUNNELS: { open: false, ports: [8188, 8888] },
      AI_DOCK_DISABLE: ["a", "b"],
      AI_DOCK_ON_FATAL: "exit",
    });
    expect(settings.RCLONE_CONFIG).toBeUndefined();
    expect(env).toEqual(given);
  });

  test("a setting of blanks alone is not set", () => {
    const { settings, problems } = loadEnvironment([], { SSH_PORT: " ", WORKSPACE: " ", DEBUG: "\n" });
    expect(problems).toEqual([]);
    expect(settings).toMatchObject({ SSH_PORT: 22, WORKSPACE: "/workspace/", DEBUG: false });
  });

  test("quick tunnels take a boolean, ports, and open", () => {
    const read = (text: string) => loadEnvironment([], { CF_QUICK_TUNNELS: text }).settings.CF_QUICK_TUNNELS;
    expect([read("true"), read("0"), read("8188, 8888")]).toEqual([
      true,
      false,
      { open: false, ports: [8188, 8888] },
    ]);
    expect([read("Open"), read("open,8188"), read("8188,open"), read("70000")]).toEqual([
      { open: true, ports: "all" },
      { open: true, ports: [8188] },
      false,
      false,
    ]);
  });

  test("a secret may come from a file, and is never quoted in a problem", () => {
    const path = join(mkdtempSync(join(tmpdir(), "ai-dock-")), "token");
    writeFileSync(path, "s3cret-token\n");
    const { env, settings, sources } = loadEnvironment([], { CF_TUNNEL_TOKEN_FILE: `${path} ` });
    expect(settings.CF_TUNNEL_TOKEN).toBe("s3cret-token");
    expect(env["CF_TUNNEL_TOKEN"]).toBe("s3cret-token");
    expect(sources["CF_TUNNEL_TOKEN"]).toBe("file");
    const both = loadEnvironment([], { CF_TUNNEL_TOKEN_FILE: path, CF_TUNNEL_TOKEN: "other-token" });
    expect(both.settings.CF_TUNNEL_TOKEN).toBe("other-token");
    expect(both.problems.map(({ message }) => message)).toEqual([
      "CF_TUNNEL_TOKEN_FILE: expected either CF_TUNNEL_TOKEN or CF_TUNNEL_TOKEN_FILE, got both; using CF_TUNNEL_TOKEN",
    ]);
    const missing = loadEnvironment([], { CF_TUNNEL_TOKEN_FILE: "/nowhere/token" });
    expect(missing.problems).toHaveLength(1);
  });

  test("a word that is no assignment is named", () => {
    expect(loadEnvironment(["jupyter"], {}).problems.map(({ message }) => message)).toEqual([
      'Argument: expected KEY=VALUE, got "jupyter"; ignoring it',
    ]);
  });
});
