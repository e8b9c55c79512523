import { beforeEach, describe, expect, test } from "bun:test";
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { syncVenv } from "../../../src/features/venv/sync.ts";

let root = "";
const path = (name: string) => join(root, name);
const write = (name: string, text: string) => {
  mkdirSync(dirname(path(name)), { recursive: true });
  writeFileSync(path(name), text);
};
const sync = (name = "app") =>
  syncVenv({ name, env: { VENV_DIR: path("venvs.[x]"), WORKSPACE: `${path("work & space|")}/` } });

const SHEBANG = "#!PATH/bin/python\nprint(1)\n";
const own = (where: string) => SHEBANG.replace("PATH", where);

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "venv-"));
  chmodSync(root, 0o755);
  const image = path("venvs.[x]/app");
  mkdirSync(path("work & space|"));
  write("venvs.[x]/app/bin/pip", own(image));
  write("venvs.[x]/app/bin/tool", `\0${image}\0`);
  symlinkSync("/usr/bin/python3", path("venvs.[x]/app/bin/python"));
  write("venvs.[x]/app/pyvenv.cfg", `command = python3 -m venv ${image}\n`);
  write("venvs.[x]/app/lib/python3/site-packages/mine.pth", `${image}/src\n`);
  write("venvs.[x]/app/lib/python3/site-packages/data.txt", image);
});

describe("syncVenv()", () => {
  test("copies an environment, and the copy knows where it is", async () => {
    const target = path("work & space|/environments/python/app");
    expect(await sync()).toBe(target);
    expect(readFileSync(`${target}/bin/pip`, "utf8")).toBe(own(target));
    expect(readFileSync(`${target}/pyvenv.cfg`, "utf8")).toBe(`command = python3 -m venv ${target}\n`);
    expect(readFileSync(`${target}/lib/python3/site-packages/mine.pth`, "utf8")).toBe(`${target}/src\n`);
    // Neither a program nor data is text of the environment's own.
    expect(readFileSync(`${target}/bin/tool`, "utf8")).toBe(`\0${path("venvs.[x]/app")}\0`);
    expect(readFileSync(`${target}/lib/python3/site-packages/data.txt`, "utf8")).toBe(path("venvs.[x]/app"));
    expect(readFileSync(path("venvs.[x]/app/bin/pip"), "utf8")).toBe(own(path("venvs.[x]/app")));
  });

  test("begins anew where a copy was cut short, and never touches one that is there", async () => {
    write("work & space|/environments/python/.app.part/bin/left", "");
    const target = await sync();
    expect([existsSync(`${target}/bin/left`), existsSync(`${dirname(target)}/.app.part`)]).toEqual([
      false,
      false,
    ]);
    expect(sync()).rejects.toThrow("expected no such folder, got one; it is left alone");
  });

  test("says what is missing", () => {
    expect(sync("other")).rejects.toThrow(/other": expected a Python environment, got none/);
  });

  test.skipIf(process.getuid?.() !== 0)(
    "is done by the owner of the workspace: no link there leads root away",
    async () => {
      chownSync(path("work & space|"), 1234, 2345);
      const { uid, gid } = statSync(await sync());
      expect([uid, gid]).toEqual([1234, 2345]);
      mkdirSync(path("roots"));
      mkdirSync(path("second"));
      chownSync(path("second"), 1234, 2345);
      symlinkSync(path("roots"), path("second/environments"));
      const done = syncVenv({ name: "app", env: { VENV_DIR: path("venvs.[x]"), WORKSPACE: path("second") } });
      expect(done).rejects.toThrow("cannot copy the environment");
      await done.catch(() => undefined);
      expect(existsSync(path("roots/python"))).toBe(false);
    },
  );
});
