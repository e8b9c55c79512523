import { expect, test } from "bun:test";
import {
  areTunnelsEarly,
  describeWait,
  earlyPrograms,
  reportUnknownEarly,
} from "../../src/features/early.ts";
import type { ProgramSpec } from "../../src/programs/spec.ts";
import { specOf } from "../supervisor/spec-fixture.ts";

const drop = (name: string, more: Partial<ProgramSpec> = {}) =>
  specOf(name, {
    origin: { kind: "file", file: "/x.conf", line: 1, section: `program:${name}` },
    ...more,
  });
const builtins = ["sshd", "portal", "caddy", "cloudflared"].map((name) => specOf(name));

const namesOf = (specs: ProgramSpec[], setting?: string[]) =>
  earlyPrograms(specs, setting).early.map(({ name }) => name);

test.each<[string[] | undefined, string[]]>([
  [undefined, ["portal", "caddy"]],
  [["none"], []],
  [["sshd"], ["sshd"]],
  [
    ["sshd", "portal"],
    ["sshd", "portal", "caddy"],
  ],
  [["cloudflared", "quicktunnel", "nobody"], ["cloudflared"]],
  [["all"], ["sshd", "portal", "caddy", "cloudflared", "app"]],
])("AI_DOCK_EARLY=%p", (setting, names) => {
  expect(namesOf([...builtins, drop("app")], setting)).toEqual(names);
});

test("by default a drop-in in the place of Caddy waits as any other program", () => {
  expect(namesOf([specOf("portal"), drop("caddy")])).toEqual(["portal"]);
  expect(namesOf([specOf("portal"), drop("caddy")], ["caddy"])).toEqual(["caddy"]);
});

test("a drop-in may say so itself", () => {
  expect(namesOf([...builtins, drop("app", { early: true })], ["none"])).toEqual(["app"]);
});

test("one that depends on a later one waits, and so does what depends on that", () => {
  const specs = [
    drop("db"),
    drop("app", { early: true, dependsOn: ["db"] }),
    drop("page", { early: true, dependsOn: ["app", "page"] }),
    drop("other", { early: true, dependsOn: ["free", "nobody"] }),
    drop("free", { early: true }),
  ];
  const { early, waiting } = earlyPrograms(specs, ["none"]);
  expect(early.map(({ name }) => name)).toEqual(["other", "free"]);
  expect(waiting.map(describeWait)).toEqual([
    "app: expected to start early, but depends on db; it starts with the others, after provisioning",
    "page: expected to start early, but depends on app; it starts with the others, after provisioning",
  ]);
});

test("names that mean nothing are told, once each", () => {
  const told: unknown[] = [];
  reportUnknownEarly(builtins, ["none", "quicktunnel", "sshd", "shhd"], (about) => told.push(about));
  expect(told).toEqual([
    {
      severity: "warning",
      key: "AI_DOCK_EARLY",
      value: "shhd",
      expected: "names of programs",
      text: "ignoring it",
    },
  ]);
});

test("quick tunnels are early where they are named", () => {
  expect([undefined, ["portal"], ["quicktunnel"], ["all"]].map(areTunnelsEarly)).toEqual([
    false,
    false,
    true,
    true,
  ]);
});
