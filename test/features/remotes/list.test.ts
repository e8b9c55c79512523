import { afterEach, beforeEach, expect, test } from "bun:test";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isConfigured, listRemotes } from "../../../src/features/remotes/list.ts";
import { remotePrograms } from "../../../src/features/remotes/program.ts";
import { remoteRows } from "../../../src/features/remotes/rows.ts";
import { cached, place, rcloneProgram } from "./place-fixture.ts";

let here: ReturnType<typeof place>;
let env: Record<string, string>;
/** Lists what the file says, one `name source` a line; a line `broken` is one that rclone cannot read. */
const script = (base: string) => `
echo "$*" >>${base}/calls
if grep -qs broken "$RCLONE_CONFIG"; then echo "2026/01/01 00:00:00 CRITICAL: Failed to load config file" >&2; exit 1; fi
case $1 in
listremotes) sep='['
  { cat "$RCLONE_CONFIG"; [ -z "$RCLONE_CONFIG_EXTRA_TYPE" ] || echo extra environment; } | {
  while read -r name source; do printf '%s{"name":"%s","type":"webdav","source":"%s"}' "$sep" "$name" "$source"; sep=,; done
  [ $sep = , ] || printf '['; echo ']'; } ;;
config) sed 's/ .*//; s/.*/"&":{"type":"webdav","token":"'"$$"'"}/' "$RCLONE_CONFIG" | paste -sd, | sed 's/.*/{&}/' ;;
esac`;

beforeEach(() => {
  here = place();
  const bin = rcloneProgram(here.base, script(here.base));
  env = {
    PATH: `${bin}:/usr/bin:/bin`,
    RCLONE_CONFIG: join(here.base, "rclone.conf"),
    WORKSPACE: here.workspace,
  };
});
afterEach(() => rmSync(here.base, { recursive: true }));

const configure = (text: string) => writeFileSync(env["RCLONE_CONFIG"] ?? "", text);
const names = async () => (await listRemotes(env)).remotes.map(({ name }) => name);
const calls = () => readFileSync(join(here.base, "calls"), "utf8").trim().split("\n").length;

test("without file and variables no rclone is asked", async () => {
  expect(await listRemotes(env)).toMatchObject({ remotes: [], problems: [] });
  expect(isConfigured(env)).toBe(false);
  expect(calls).toThrow("ENOENT");
  configure("one file\n");
  expect(isConfigured(env)).toBe(true);
});

test("rclone is asked again when the file or the environment changes, and only then", async () => {
  configure("one file\n");
  expect(await names()).toEqual(["one"]);
  const before = calls();
  expect(await names()).toEqual(["one"]);
  expect(calls()).toBe(before);
  configure("one file\nsecond file\n");
  expect(await names()).toEqual(["one", "second"]);
  env["RCLONE_CONFIG_EXTRA_TYPE"] = "webdav";
  expect(await names()).toEqual(["one", "second", "extra"]);
});

test("a fingerprint holds while rclone renews a token", async () => {
  configure("one file\n");
  const first = (await listRemotes(env)).fingerprints;
  expect(Object.keys(first)).toEqual(["one"]);
  configure("one  file\n");
  expect((await listRemotes(env)).fingerprints).toEqual(first);
});

test("a file that cannot be read costs its remotes; once they are known, none", async () => {
  env["RCLONE_CONFIG_EXTRA_TYPE"] = "webdav";
  configure("broken\n");
  const wrong = await listRemotes(env);
  expect(wrong.remotes.map(({ name }) => name)).toEqual(["extra"]);
  expect(wrong.problems[0]).toMatch(/Failed to load config file; its remotes are not mounted$/);
  configure("one file\n");
  expect(await names()).toEqual(["one", "extra"]);
  configure("one file\nbroken\n");
  expect(await names()).toEqual(["one", "extra"]);
  expect((await listRemotes(env)).problems[0]).toMatch(/the remotes stay as they are$/);
});

test("names that rclone takes for paths are left out, and the file wins over a variable", async () => {
  configure("a/b file\nEXTRA file\n");
  env["RCLONE_CONFIG_EXTRA_TYPE"] = "webdav";
  const { remotes, problems } = await listRemotes(env);
  expect(remotes).toEqual([{ name: "EXTRA", type: "webdav", source: "file" }]);
  expect(problems).toEqual([
    'Remote "a/b": expected a name of letters, digits, blanks and any of _-.+@; it is not mounted',
  ]);
});

test("a mount's command keeps place, cache and control; the user's variables win over the rest", async () => {
  configure("one file\n");
  env["RCLONE_VFS_CACHE_MODE"] = "writes";
  env["WORKSPACE_UID"] = "1000";
  const { programs } = await remotePrograms(env);
  const [spec] = programs;
  expect(spec).toMatchObject({
    name: "one",
    group: "rclone_mount",
    stopwaitsecs: 60,
    startretries: Infinity,
  });
  const [rclone, mount, remote, target, ...flags] = spec!.command;
  expect([rclone, mount, remote]).toEqual(["rclone", "mount", "one:"]);
  expect(flags).toContain("--uid=1000");
  expect(flags.filter((flag) => flag.startsWith("--vfs-cache-mode"))).toEqual([]);
  const cache = flags.find((flag) => flag.startsWith("--cache-dir="));
  if (process.getuid?.() === 0)
    for (const path of [target, cache]) expect(path).not.toContain(here.workspace);
  expect(spec!.environment).toMatchObject({ RCLONE_VFS_CACHE_MODE: "writes" });
});

test("without remotes one program says why, and cannot be started", async () => {
  const { programs } = await remotePrograms(env);
  expect(programs.map(({ name, skipped }) => [name, skipped])).toEqual([
    ["rclone_mount", "no remote is configured; rclone config, then ai-dock update"],
  ]);
  expect(await programs[0]?.prepare?.()).toContain("no remote is configured");
});

test("rows tell pending uploads from the cache, orphans, and ask no rclone where nothing is mounted", async () => {
  configure("far file\nsecond file\n");
  cached(here.cache, "far{old}", "file", { text: "12345" });
  cached(`${here.workspace}remote/.cache/gone`, "gone", "file");
  const { rows, known, problems, orphans } = await remoteRows(env, [], ["far"]);
  expect([known, problems]).toEqual([["far", "second"], []]);
  expect(orphans).toEqual([
    `"${here.workspace}remote/.cache/gone" holds 1 file for a remote that is not configured any more`,
  ]);
  expect(rows).toEqual([
    {
      name: "far",
      type: "webdav",
      source: "file",
      state: null,
      mounted: false,
      path: here.layout.mountPoint,
      used_bytes: null,
      total_bytes: null,
      cache_bytes: null,
      pending_files: 1,
      pending_bytes: 5,
      reason: null,
    },
  ]);
});
