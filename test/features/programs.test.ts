import { expect, test } from "bun:test";
import { join } from "node:path";
import { collectPrograms } from "../../src/features/programs.ts";
import { areQuickTunnelsOff } from "../../src/features/switched-off.ts";
import { dependenciesOf } from "../../src/supervisor/dependencies.ts";
import { Supervisor } from "../../src/supervisor/supervisor.ts";
import { folderOf } from "../dropins/load-fixture.ts";
import { bareSupervisor } from "../supervisor/spec-fixture.ts";

/** What a drop-in defines, and what is said about it without its folder. */
async function collect(text: string) {
  using folder = folderOf({ "x.conf": text });
  const files = [join(folder.path, "x.conf")];
  const { programs, problems } = await collectPrograms({ env: { PATH: "/usr/bin:/bin" }, files });
  return {
    programs: programs.filter(({ origin }) => origin.kind === "file"),
    messages: problems.map(({ message }) => message.replace(`${folder.path}/`, "")),
  };
}

const section = (name: string, more = "") => `[program:${name}]\ncommand=/bin/sleep 1\n${more}\n`;
const GROUP = "[group:g]\nprograms=worker\n";

/** What is waited for, and what is said of it, is the same: `true` for both. */
test.each([
  ["its own name", "worker", true],
  ["its id", "g:worker", true],
  ["its group", "g", true],
  ["all of its group", "g:*", true],
  ["a name that nothing has", "wroker", false],
])("depends_on= by %s", async (_, name, isKnown) => {
  const app = section("app", `depends_on=${name}`);
  const { programs, messages } = await collect(section("worker") + GROUP + app);
  const supervisor = new Supervisor(bareSupervisor);
  const added = programs.map((spec) => supervisor.add(spec));
  const waits = dependenciesOf(supervisor.find(["app"])[0]!, added);
  expect(waits.map(({ id }) => id)).toEqual(isKnown ? ["g:worker"] : []);
  expect(messages).toEqual(
    isKnown
      ? []
      : [`x.conf:6: depends_on: expected a name of a program, got "${name}"; it is not waited for`],
  );
});

const UNCONFIGURED = ["cloudflared", "rclone_mount", "storagemonitor", "portal", "caddy"];

/** All programs; what is skipped among them, but for built-ins that nothing is configured for. */
async function allOf(text: string, env: Record<string, string> = {}) {
  using folder = folderOf({ "x.conf": text });
  const files = [join(folder.path, "x.conf")];
  const { programs, problems } = await collectPrograms({ env: { PATH: "/usr/bin:/bin", ...env }, files });
  return {
    names: programs.map(({ name }) => name),
    skipped: Object.fromEntries(
      programs.flatMap(({ name, skipped }) =>
        skipped === undefined || UNCONFIGURED.includes(name) ? [] : [[name, skipped]],
      ),
    ),
    builtin: programs.filter(({ origin }) => origin.kind === "builtin").map(({ name }) => name),
    messages: problems.map(({ message }) => message.replace(`${folder.path}/`, "")),
  };
}

/** What settings have switched off, and what is said. */
async function collectAll(text: string, env: Record<string, string>) {
  using folder = folderOf({ "x.conf": text });
  const files = [join(folder.path, "x.conf")];
  const { programs, problems } = await collectPrograms({ env: { PATH: "/usr/bin:/bin", ...env }, files });
  const off = programs.filter(({ skipped }) => skipped?.startsWith("switched off"));
  return {
    off: Object.fromEntries(off.map(({ name, skipped }) => [name, skipped])),
    messages: problems.map(({ message }) => message),
  };
}

test("built-ins come first; a drop-in of the same name replaces one", async () => {
  const { names, builtin } = await allOf(section("app") + section("sshd"));
  expect(builtin).toEqual(UNCONFIGURED);
  expect(names.slice(0, UNCONFIGURED.length)).toEqual(UNCONFIGURED);
  expect(names.slice(UNCONFIGURED.length).toSorted()).toEqual(["app", "sshd"]);
});

test("a group of a built-in's name replaces the built-in, too", async () => {
  const { builtin } = await allOf(`${section("mine")}[group:sshd]\nprograms=mine\n`);
  expect(builtin).toEqual(UNCONFIGURED);
});

test.each(["AI_DOCK_DISABLE", "SUPERVISOR_NO_AUTOSTART"])(
  "%s switches off by name, file or group",
  async (name) => {
    const text = section("app") + section("worker") + GROUP;
    const { skipped, messages } = await allOf(text, { [name]: "app.conf, g:*, sshd, wroker" });
    expect(skipped).toEqual({
      app: `switched off by ${name}`,
      worker: `switched off by ${name}`,
      sshd: `switched off by ${name}`,
    });
    expect(messages).toEqual([`${name}: expected names of programs, got "wroker"; ignoring it`]);
  },
);

test("SERVERLESS switches off what ai-dock images do, unless SUPERVISOR_NO_AUTOSTART says otherwise", async () => {
  const text = section("app") + section("jupyter");
  const all = await collectAll(text, { SERVERLESS: "true" });
  const reason = "switched off by SERVERLESS";
  expect(all.off).toEqual({
    caddy: reason,
    cloudflared: reason,
    jupyter: reason,
    portal: reason,
    sshd: reason,
  });
  expect(all.messages).toEqual([]);
  const own = await collectAll(text, {
    SERVERLESS: "true",
    SUPERVISOR_NO_AUTOSTART: "app,syncthing,serviceportal",
  });
  expect(own.off).toEqual({
    app: "switched off by SUPERVISOR_NO_AUTOSTART",
    portal: "switched off by SUPERVISOR_NO_AUTOSTART",
  });
  expect(own.messages).toEqual([]);
});

test("a file's name, in any case, means all its programs", async () => {
  using folder = folderOf({
    "comfyui.conf": section("comfy") + section("wrapper"),
    "x.conf": section("app"),
  });
  const files = ["comfyui.conf", "x.conf"].map((name) => join(folder.path, name));
  const env = { PATH: "/usr/bin:/bin", SUPERVISOR_NO_AUTOSTART: "ComfyUI" };
  const { programs, problems } = await collectPrograms({ env, files });
  const off = programs.filter(({ skipped }) => skipped === "switched off by SUPERVISOR_NO_AUTOSTART");
  expect(off.map(({ name }) => name)).toEqual(["comfy", "wrapper"]);
  expect(problems).toEqual([]);
});

test.each([
  ["AI_DOCK_DISABLE", "app", ["app"]],
  ["AI_DOCK_DISABLE", "app.conf", ["app", "helper"]],
  ["SUPERVISOR_NO_AUTOSTART", "app", ["app", "helper"]],
])("%s=%s of a file that is called as one of its programs", async (variable, name, expected) => {
  using folder = folderOf({ "app.conf": section("app") + section("helper") });
  const env = { PATH: "/usr/bin:/bin", [variable]: name };
  const { programs } = await collectPrograms({ env, files: [join(folder.path, "app.conf")] });
  const off = programs.filter(({ skipped }) => skipped === `switched off by ${variable}`);
  expect(off.map((spec) => spec.name)).toEqual(expected);
});

test("quick tunnels can be switched off by name", () => {
  const base = { AI_DOCK_DISABLE: [], SUPERVISOR_NO_AUTOSTART: [], SERVERLESS: false };
  expect(areQuickTunnelsOff(base)).toBe(false);
  expect(areQuickTunnelsOff({ ...base, SERVERLESS: true })).toBe(true);
  expect(areQuickTunnelsOff({ ...base, SERVERLESS: true, SUPERVISOR_NO_AUTOSTART: ["sshd"] })).toBe(false);
  expect(areQuickTunnelsOff({ ...base, AI_DOCK_DISABLE: ["quicktunnel"] })).toBe(true);
});

test("programs that wait for each other are not started, and said once", async () => {
  const text = section("a", "depends_on=b") + section("b", "depends_on=a") + section("c");
  const { skipped, messages } = await allOf(text);
  expect(Object.keys(skipped)).toEqual(["a", "b"]);
  expect(messages).toHaveLength(1);
  expect(messages[0]).toContain("depends_on: expected an order, got a cycle a → b; none of them is started");
});

test("a cycle is told with file, line and section of its first program", async () => {
  using folder = folderOf({ "x.conf": section("one", "depends_on=two") + section("two", "depends_on=one") });
  const file = join(folder.path, "x.conf");
  const { problems } = await collectPrograms({ env: { PATH: "/usr/bin:/bin" }, files: [file] });
  expect(problems).toEqual([
    {
      severity: "error",
      message: expect.stringMatching(
        /x\.conf:[15]: depends_on: expected an order, got a cycle (one → two|two → one); none of them is started$/,
      ),
      file,
      line: expect.any(Number),
      section: expect.stringMatching(/^program:(one|two)$/),
      key: "depends_on",
      value: null,
      expectation: "an order",
    },
  ]);
});

/** Which programs have their log files copied to the container's output. */
async function copies(setting?: string) {
  using folder = folderOf({
    "x.conf": section("app") + section("quiet", "container_log=false") + section("worker") + GROUP,
  });
  const env = { PATH: "/usr/bin:/bin", ...(setting === undefined ? {} : { AI_DOCK_LOG_CONTAINER: setting }) };
  const { programs, problems } = await collectPrograms({ env, files: [join(folder.path, "x.conf")] });
  const copied = programs.filter(({ containerCopy }) => containerCopy !== false).map(({ name }) => name);
  return {
    copied: copied.filter((name) => ["app", "quiet", "worker", "sshd"].includes(name)),
    messages: problems.map(({ message }) => message),
  };
}

test.each([
  [undefined, ["sshd", "app", "worker"]],
  ["all", ["sshd", "app", "worker"]],
  ["none", []],
  ["quiet, g:*, provisioning", ["worker", "quiet"]],
  ["sshd", ["sshd"]],
])("AI_DOCK_LOG_CONTAINER=%s", async (setting, expected) => {
  expect(await copies(setting)).toEqual({ copied: expected, messages: [] });
});

test("AI_DOCK_LOG_CONTAINER with a name that nothing has", async () => {
  expect(await copies("app,wroker")).toEqual({
    copied: ["app"],
    messages: ['AI_DOCK_LOG_CONTAINER: expected all, none, or names of programs, got "wroker"; ignoring it'],
  });
});
