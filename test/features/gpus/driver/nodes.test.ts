import { describe, expect, test } from "bun:test";
import { execFileSync } from "node:child_process";
import { chmodSync, chownSync } from "node:fs";
import { join } from "node:path";
import { amdDriver, lookAtAmd } from "../../../../src/features/gpus/driver/amd.ts";
import { openAll, refusal } from "../../../../src/features/gpus/driver/nodes.ts";
import { tree } from "./_tree.ts";

describe("openAll()", () => {
  test("tells which cannot be opened, in the system's words", async () => {
    const root = tree({ good: "", other: "" });
    const loop = join(root, "loop");
    execFileSync("ln", ["-s", loop, loop]);
    const paths = [join(root, "good"), loop, join(root, "missing"), join(root, "other")];
    const failures = await openAll(paths);
    expect([...failures.keys()]).toEqual([loop, join(root, "missing")]);
    expect(failures.get(loop)).toMatch(/too many.*symbolic links/i);
  });

  test("does not wait for one that never answers once nobody wants to know", async () => {
    const root = tree({ good: "" });
    const fifo = join(root, "fifo");
    execFileSync("mkfifo", [fifo]);
    const stop = new AbortController();
    const asked = openAll([join(root, "good"), fifo], stop.signal);
    stop.abort();
    expect(await asked).toEqual(new Map());
  });
});

test("refusal() names the code of the error", () => {
  const root = tree({ open: "" });
  expect(refusal(join(root, "open"))).toBeUndefined();
  expect(refusal(join(root, "missing"))).toBe("ENOENT");
});

describe.skipIf(process.getuid?.() !== 0)("AMD's nodes", () => {
  const files = {
    "dev/kfd": "",
    "dev/dri/renderD128": "",
    "etc/passwd": "root:x:0:0::/root:/bin/sh\nada:x:1000:1000::/home/ada:/bin/sh\n",
    "etc/group": "render:x:105:ada\nada:x:1000:\n",
  };
  const look = (gid: number, mode: number, env: Record<string, string> = { USER_NAME: "ada" }) => {
    const root = tree(files);
    for (const node of ["dev/kfd", "dev/dri/renderD128"]) {
      chownSync(join(root, node), 0, gid);
      chmodSync(join(root, node), mode);
    }
    return lookAtAmd(env, root).map(({ message }) => message);
  };

  test("the account may use them by its group, or as everybody", () => {
    expect(look(105, 0o660)).toEqual([]);
    expect(look(0, 0o666)).toEqual([]);
  });

  test("of another group, or for reading alone, the account may not use them", () => {
    const message = '"ada" may not use /dev/kfd, /dev/dri/renderD128; programs of root may';
    expect(look(0, 0o660)).toEqual([message]);
    expect(look(105, 0o640)).toEqual([message]);
  });

  test("without an account nothing is said", () => {
    expect(look(0, 0o660, {})).toEqual([]);
  });

  test("what is not there is named", () => {
    expect(lookAtAmd({}, tree({ "dev/dri/renderD128": "" }))).toEqual([
      expect.objectContaining({
        message: "this container may not open /dev/kfd",
        fix: expect.stringContaining("--device /dev/kfd"),
      }),
    ]);
  });

  test("the driver's version", () => {
    expect(amdDriver(tree({ "sys/module/amdgpu/version": "6.10.5\n" }))).toBe("driver amdgpu 6.10.5");
    expect(amdDriver(tree({}))).toBe("the kernel's own driver");
  });
});
