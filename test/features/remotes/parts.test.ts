import { expect, test } from "bun:test";
import { rcloneEnvironment, withheldVariables } from "../../../src/env/rclone.ts";
import { lastMessage } from "../../../src/features/remotes/control.ts";
import { layoutRemotes } from "../../../src/features/remotes/layout.ts";

const remote = (name: string) => ({ name, type: "webdav", source: "file" }) as const;

test("every remote has a program, a folder and a socket of its own", () => {
  const names = ["a b", "a_b", "a:b", ".cache", "..", "WARNING-x", "plain"];
  const layouts = layoutRemotes(names.map(remote), "/workspace/");
  for (const key of ["program", "mountPoint", "cache", "socket"] as const)
    expect(new Set(layouts.map((layout) => layout[key])).size).toBe(names.length);
  expect(layouts.map(({ program }) => program)).toEqual([
    "a_b",
    "a_b_2",
    "a_b_3",
    ".cache",
    "..",
    "WARNING-x",
    "plain",
  ]);
  expect(layouts[3]!.mountPoint).toBe("/workspace/remote/_.cache");
  expect(layouts[4]!.mountPoint).toBe("/workspace/remote/_..");
  // A socket's address holds 107 bytes.
  expect(layoutRemotes([remote("x".repeat(300))], "/workspace/")[0]!.socket.length).toBeLessThan(107);
});

test("rclone gets what it reads, and neither our own controls nor other programs' secrets", () => {
  const env = {
    PATH: "/bin",
    RCLONE_CONFIG_FAR_PASS: "x",
    RCLONE_BWLIMIT: "1M",
    AWS_SECRET_ACCESS_KEY: "y",
    https_proxy: "http://proxy",
    RCLONE_RC_ADDR: ":5572",
    RCLONE_CACHE_DIR: "/tmp",
    RCLONE_MOUNT_COUNT: "1",
    CF_TUNNEL_TOKEN: "secret",
    HF_TOKEN: "secret",
  };
  expect(Object.keys(rcloneEnvironment(env)).toSorted()).toEqual([
    "AWS_SECRET_ACCESS_KEY",
    "PATH",
    "RCLONE_BWLIMIT",
    "RCLONE_CONFIG",
    "RCLONE_CONFIG_FAR_PASS",
    "https_proxy",
  ]);
  expect(rcloneEnvironment({ ...env, RCLONE_CONFIG: " /a " })["RCLONE_CONFIG"]).toBe("/a");
  expect(withheldVariables(env).map((text) => text.split(":")[0])).toEqual([
    "RCLONE_RC_ADDR",
    "RCLONE_CACHE_DIR",
  ]);
});

test("the last complaint of rclone, without its clock", () => {
  const text = [
    "2026/11/24 11:21:11 NOTICE: Config file not found - using defaults",
    "2026/11/24 11:21:11 ERROR : one: failed to upload",
    "2026/11/24 11:21:12 CRITICAL: Fatal error: failed to mount FUSE fs: nope",
    "",
  ].join("\n");
  expect(lastMessage(text)).toBe("failed to mount FUSE fs: nope");
  expect(lastMessage("2026/11/24 11:21:11 NOTICE: all is well\n")).toBeUndefined();
  const wrapped =
    '2026/11/24 11:21:12 CRITICAL: Failed to load config file "/a": could not parse line: 1//0gSECRET\n';
  expect(lastMessage(wrapped)).toBe('Failed to load config file "/a": could not parse line');
});
