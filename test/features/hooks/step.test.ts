import { beforeEach, describe, expect, test } from "bun:test";
import { chmodSync, mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runPreflight } from "../../../src/features/hooks/step.ts";
import { messageOf } from "../../../src/errors.ts";
import { bootContext } from "../context-fixture.ts";

let directory = "";
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "preflight-"));
  mkdirSync(join(directory, "preflight.d"));
});

function script(name: string, content: string, mode = 0o644) {
  const path = join(directory, name);
  writeFileSync(path, content);
  chmodSync(path, mode);
}

describe("runPreflight()", () => {
  test("says nothing without scripts", async () => {
    expect(await runPreflight(bootContext(), directory)).toBeUndefined();
  });

  test("runs preflight.d in order, then preflight.sh, each with what the last one exported", async () => {
    script("preflight.d/20-b.sh", "echo b $ORDER; export ORDER=${ORDER}b\n");
    script("preflight.d/10-a.sh", "#!/bin/false\necho a; export ORDER=a\n");
    script("preflight.d/README", "echo no\n");
    script("preflight.sh", "#!/bin/false\necho main $ORDER\n");
    const context = bootContext();
    expect(await runPreflight(context, directory)).toEqual({
      message: "Preflight done",
      fields: { scripts: 3, exported: 2 },
    });
    expect(context.output).toEqual({ preflight: "a\nb a\nmain ab\n" });
    expect(context.env["ORDER"]).toBe("ab");
  });

  test("prefers an executable on PATH", async () => {
    script("preflight.sh", "echo default\n");
    script("preflight.d/preflight.sh", "#!/bin/bash\necho mine\n", 0o755);
    const path = `${directory}/preflight.d:/usr/bin:/bin`;
    const context = bootContext({}, { PATH: path });
    await runPreflight(context, directory);
    expect(context.output["preflight"]).toBe("mine\nmine\n");
  });

  test("goes on after a failure and reports it at the end", async () => {
    script("preflight.d/10-bad.sh", "exit 3\n");
    script("preflight.sh", "echo after\n");
    const context = bootContext();
    const error = await runPreflight(context, directory).catch(messageOf);
    expect(error).toBe("Preflight: expected exit code 0, got failures of 10-bad.sh; boot goes on");
    expect(context.output["preflight"]).toBe("after\n");
    expect(context.lines).toEqual([
      expect.stringMatching(/^warn 10-bad\.sh: expected exit code 0, got "3" after \d+ ms; boot goes on$/),
    ]);
  });

  test("stops at once when the container does", async () => {
    script("preflight.d/10-long.sh", "echo started; sleep 100\n");
    script("preflight.sh", "echo no\n");
    const stop = new AbortController();
    const context = bootContext({}, {}, stop.signal);
    const running = runPreflight(context, directory);
    while (context.output["preflight"] === undefined) await Bun.sleep(5);
    stop.abort();
    expect(await running).toBeUndefined();
    expect(context.output["preflight"]).toBe("started\n");
    expect(context.lines).toEqual([]);
  });
});
