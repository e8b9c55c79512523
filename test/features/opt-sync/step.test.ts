import { afterAll, describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { syncOpt, type SyncPlaces } from "../../../src/features/opt-sync/step.ts";
import { outcomesFile } from "../../../src/features/opt-sync/outcome.ts";
import { makeRuntimeDirectory } from "../../../src/sys/runtime-directory.ts";
import { canMount, must } from "./place-fixture.ts";
import { bootContext } from "../context-fixture.ts";

const base = mkdtempSync(join(tmpdir(), "opt-sync-step-"));
const workspace = `${base}/workspace/`;
const opt = `${base}/opt`;
const syncing = `${base}/workspace_sync`;
for (const path of [workspace, `${opt}/App`]) mkdirSync(path, { recursive: true });
makeRuntimeDirectory();

/** A boot with `script` in the place of the process that copies. */
function boot(names: string, script = "exit 1", mounted = "true") {
  const context = bootContext({ OPT_SYNC: names }, { WORKSPACE: workspace, WORKSPACE_MOUNTED: mounted });
  const places: SyncPlaces = { opt, syncing, command: ["sh", "-c", script, "sh"], since: () => 1234 };
  return { context, run: () => syncOpt(context, places) };
}

const outcome = (state: string, reason: string | null) =>
  `echo '${JSON.stringify([{ name: "App", state, moved: true, reason }])}' > '${outcomesFile()}'`;

describe.skipIf(process.getuid?.() !== 0)("the step that moves directories of /opt", () => {
  afterAll(() => Bun.spawnSync(["rm", "-f", outcomesFile()]));

  test("does nothing without OPT_SYNC", async () => {
    expect(await boot("").run()).toBeUndefined();
  });

  test("moves nothing to what is no volume, and says so", async () => {
    const { context, run } = boot("App", "exit 1", "false");
    expect(await run()).toEqual({
      message: `OPT_SYNC: nothing is moved: "${workspace}" is no mounted volume`,
    });
    expect(context.output).toEqual({});
  });

  test.skipIf(!canMount)("moves nothing to memory, which a restart empties", async () => {
    must("mount", "-t", "tmpfs", "tmpfs", workspace);
    try {
      const { context, run } = boot("App");
      expect(await run()).toEqual({ message: `OPT_SYNC: nothing is moved: "${workspace}" is in memory` });
      expect(context.output).toEqual({});
    } finally {
      must("umount", workspace);
    }
  });

  test.each(["../x", "/etc", "ai-dock", ".", "a/b"])("refuses the name %s", async (name) => {
    const { context, run } = boot(name);
    expect(await run()).toBeUndefined();
    expect(context.lines).toEqual([
      `warn OPT_SYNC: expected names of directories in /opt, got "${name}"; it is not moved`,
    ]);
  });

  test("lets the process take names by colon, comma and blank, while programs wait", async () => {
    const script = `test -e '${syncing}' && echo waiting "$@"; ${outcome("volume", null)}`;
    writeFileSync(syncing, "");
    const { context, run } = boot("App:Other,Third  Fourth", script);
    await run().catch(() => undefined);
    expect(context.output["sync"]).toMatch(
      /^waiting .*--workspace=.*workspace\/ .* App Other Third Fourth\n/,
    );
    expect(existsSync(syncing)).toBe(false);
  });

  test("ends the wait of programs whatever it does", async () => {
    for (const names of ["", "../App", "App"]) {
      writeFileSync(syncing, "");
      await boot(names)
        .run()
        .catch(() => undefined);
      expect([names, existsSync(syncing)]).toEqual([names, false]);
    }
  });

  test("reports what was moved", async () => {
    const result = await boot("App", outcome("volume", null)).run();
    expect(result?.fields).toEqual({ names: "App", moved: 1 });
  });

  test("fails with the reason of a directory that stays", async () => {
    const { run } = boot("App", outcome("container", "the volume is full"));
    expect(run()).rejects.toThrow(
      "OPT_SYNC: expected directories of /opt on the volume, got App: the volume is full",
    );
  });

  test("fails for a process that is killed, whose file of an earlier boot counts no more", async () => {
    Bun.spawnSync(["sh", "-c", outcome("volume", null)]);
    expect(boot("App", "kill -9 $$").run()).rejects.toThrow("App: the process that moves ended with");
    expect(existsSync(syncing)).toBe(false);
  });

  test("has removed what a killed boot has left beside the link", async () => {
    mkdirSync(`${workspace}Killed`);
    symlinkSync(`${workspace}Killed`, `${opt}/Killed`);
    mkdirSync(`${opt}/.Killed.opt-sync`);
    const { context, run } = boot("Killed", `echo started`);
    await run().catch(() => undefined);
    expect(context.output["sync"]).toBe("started\n");
  });

  test("starts no process for what is linked already", async () => {
    mkdirSync(`${workspace}Done`);
    writeFileSync(`${workspace}Done/.move_complete`, "1");
    symlinkSync(`${workspace}Done`, `${opt}/Done`);
    const { context, run } = boot("Done");
    expect((await run())?.message).toBe("Directories of /opt are on the volume");
    expect(context.output).toEqual({});
  });
});
