import { expect, test } from "bun:test";
import { boot, waitFor } from "./harness.ts";

/** Where a debugger would listen. */
const PORT = 9229;

/**
 * What each does to a program of Bun: runs code in it, makes it the command `bun`, opens a debugger in it, ends it, lets it
 * write a file.
 */
const variables = {
  BUN_OPTIONS: "--preload=/x.js",
  BUN_BE_BUN: "1",
  BUN_INSPECT: `ws://0.0.0.0:${PORT}/x`,
  BUN_INSPECT_CONNECT_TO: `ws://127.0.0.1:${PORT}/y`,
  BUN_INSPECT_NOTIFY: "unix:///run/notify.sock",
  BUN_INSPECT_PRELOAD: "/x.js",
  BUN_JSC_unknown: "1",
  BUN_BYTECODE_ORDER_OUT: "/order-%p",
  BUN_GC_TIMER_DISABLE: "0",
};

const preload = 'require("fs").appendFileSync("/preloaded", `${process.execPath}\\n`);';

test("variables of Bun mean nothing to ai-dock and reach programs, whose own Bun obeys them", async () => {
  await using container = await boot({
    env: variables,
    files: { "/x.js": preload },
    fixtures: true,
    programs: {
      "sees.conf": "[program:sees]\ncommand=sh -c 'env >/seeing; mv /seeing /seen; exec sleep inf'\n",
      "bun.conf":
        "[program:bun]\nstartsecs=0\nautorestart=false\n" +
        "command=env -u BUN_INSPECT -u BUN_INSPECT_CONNECT_TO -u BUN_JSC_unknown bun -e 0\n",
    },
  });
  await container.waitReady();
  const said = async (...argv: string[]) => {
    const { stdout, stderr, code } = await container.exec(argv);
    expect({ argv, stderr, code }).toEqual({ argv, stderr: "", code: 0 });
    return stdout;
  };
  const { version } = await import("../../package.json");
  expect(await said("ai-dock", "--version")).toMatch(
    new RegExp(`^ai-dock ${RegExp.escape(version)} \\((?:[0-9a-f]{7}(?:-dirty)?|commit unknown)\\)\\n$`),
  );
  expect(await said("ai-dock", "status", "sees")).toMatch(/^sees +RUNNING/);
  expect(await said("supervisorctl", "status", "sees")).toMatch(/^sees +RUNNING/);
  expect(await said("ai-dock", "shell", "--", "sh", "-c", "echo $BUN_OPTIONS")).toBe("--preload=/x.js\n");

  const seen = await waitFor(() => container.read("/seen"), { what: "the environment of a program" });
  for (const [name, value] of Object.entries(variables)) expect(seen).toContain(`${name}=${value}\n`);
  await waitFor(async () => (await container.sh("ai-dock status bun || true")).includes("EXITED"));
  // Only the user's Bun.
  expect(await container.read("/preloaded")).toBe("/usr/local/bin/bun\n");
  expect(await container.sh(`ss -Hltn sport = :${PORT}; ls / | grep order- || true`)).toBe("");
  expect((await container.stop()).code).toBe(0);
});
