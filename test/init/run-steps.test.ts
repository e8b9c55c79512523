import { afterEach, beforeEach, expect, test } from "bun:test";
import { Environment } from "../../src/env/environment.ts";
import { loadEnvironment } from "../../src/env/load.ts";
import { AiDockError } from "../../src/errors.ts";
import type { Step } from "../../src/features/step.ts";
import { runSteps } from "../../src/init/run-steps.ts";
import { addLogTarget, setLogRedactor } from "../../src/log.ts";

let lines: string[];
let remove: () => void;

beforeEach(() => {
  lines = [];
  // Without time and duration.
  remove = addLogTarget((line) => lines.push(line.slice(line.indexOf(" ") + 1).replace(/ ms=[\d.]+/, "")));
});

afterEach(() => {
  remove();
  setLogRedactor((text) => text);
});

function run(steps: Step[], variables: Record<string, string> = {}, signal = new AbortController().signal) {
  const environment = new Environment(loadEnvironment([], variables));
  const runLogged = async () => ({ code: 0 });
  return { environment, failures: runSteps(steps, environment, { signal, runLogged }) };
}

test("one line a step; a failure keeps no other step from running", async () => {
  const steps: Step[] = [
    { name: "one", run: async () => ({ message: "Done", fields: { count: 1 } }) },
    { name: "two", run: () => Promise.reject(new AiDockError("Two: cannot")) },
    { name: "three", run: async () => undefined },
    { name: "four", run: async () => ({ message: "Done" }) },
  ];
  expect(await run(steps).failures).toBe(1);
  expect(lines).toEqual(["info one Done count=1", "error two Two: cannot", "info four Done"]);
});

test("a step that may not use the workspace does without, and counts as failed; the others do not ask", async () => {
  const ran: string[] = [];
  const step = (name: string, uses: boolean): Step => ({
    name,
    async run() {
      ran.push(name);
      return undefined;
    },
    ...(uses ? { withoutWorkspace: ({ env }) => void (env["LEFT"] = name) } : {}),
  });
  const asked: string[] = [];
  const access = {
    async isOpenFor({ name }: Step) {
      asked.push(name);
      return name !== "two";
    },
  };
  const environment = new Environment(loadEnvironment([], {}));
  const { signal } = new AbortController();
  const context = { signal, runLogged: async () => ({ code: 0 }), access };
  const steps = [step("one", true), step("two", true), step("three", false)];
  expect(await runSteps(steps, environment, context)).toBe(1);
  expect([ran, asked, environment.env["LEFT"]]).toEqual([["one", "three"], ["one", "two"], "two"]);
});

test("a bug is told with its place", async () => {
  const bug = () => Promise.reject(new TypeError("undefined is no function"));
  expect(await run([{ name: "one", run: bug }]).failures).toBe(1);
  expect(lines.join("\n")).toContain("run-steps.test.ts");
});

test("a step sees the settings that the steps before it have left; its secrets and mistakes are known at once", async () => {
  const seen: unknown[] = [];
  const steps: Step[] = [
    {
      name: "preflight",
      async run({ env, settings }) {
        seen.push(settings.PROVISIONING_SCRIPT);
        Object.assign(env, { PROVISIONING_SCRIPT: "/a.sh", CF_TUNNEL_TOKEN: "a-new-secret", SSH_PORT: "x" });
        return undefined;
      },
    },
    {
      name: "provisioning",
      async run({ settings }) {
        seen.push(settings.PROVISIONING_SCRIPT);
        return { message: `With ${settings.CF_TUNNEL_TOKEN}` };
      },
    },
  ];
  expect(await run(steps).failures).toBe(0);
  expect(seen).toEqual([undefined, "/a.sh"]);
  expect(lines).toEqual([
    'warn preflight SSH_PORT: expected a port from 1 to 65535, got "x"; using 22',
    "info provisioning With [redacted]",
  ]);
});

test("an abort skips the rest", async () => {
  const stop = new AbortController();
  const steps: Step[] = [
    {
      name: "one",
      async run() {
        stop.abort();
        return undefined;
      },
    },
    { name: "two", run: () => Promise.reject(new Error("not skipped")) },
  ];
  expect(await run(steps, {}, stop.signal).failures).toBe(0);
  expect(lines).toEqual([]);
});
