import { beforeEach, describe, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { mkdtempSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { webServices } from "../../../src/features/tunnels/web-services.ts";
import { programDefaults, type ProgramSpec } from "../../../src/programs/spec.ts";
import { Supervisor } from "../../../src/supervisor/supervisor.ts";

let directory = "";
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "ports-"));
});

const announce = (name: string | number, content: object | string = "") =>
  writeFileSync(
    join(directory, String(name)),
    typeof content === "string" ? content : JSON.stringify(content),
  );

const announced = () => [...webServices(true, [], directory).values()].toSorted((a, b) => a.port - b.port);

describe("webServices() reads an announcement", () => {
  test.each([
    ["of a bare port", { listen_port: "8188", proxy_port: "8188" }, { target: 8188 }],
    ["of a front", { listen_port: 18188, proxy_port: 8188 }, { target: 8188, behind: 18188 }],
    ["of a front by the name of the file", { listen_port: 18188 }, { target: 8188, behind: 18188 }],
    ["of a front elsewhere", { proxy_port: "443" }, { target: 443, behind: 8188 }],
    ["with empty fields", { listen_port: "", proxy_port: null, proxy_secure: "" }, { target: 8188 }],
    ["with a front that asks for no password", { proxy_secure: "false" }, { target: 8188 }],
    ["with a name", { service_name: "Comfy" }, { target: 8188, name: "Comfy" }],
    ["without content", "", { target: 8188 }],
    ["with other content", "hello\n", { target: 8188 }],
  ])("%s", (_, content, expected) => {
    announce(8188, content);
    expect(announced()).toEqual([{ port: 8188, name: "port 8188", ...expected }]);
  });

  test.each([
    ["that is cut off", '{"listen_port": 8188, "pro'],
    ["with a port that is none", { proxy_port: "70000" }],
    ["with a front that is neither there nor not", { proxy_secure: "perhaps" }],
    ["with a front on an unknown port", { proxy_secure: true }],
    ["without end", " ".repeat(70_000)],
  ])("%s, and opens nothing", (_, content) => {
    announce(8188, content);
    expect(announced()).toEqual([]);
  });

  test("of a FIFO or a symlink without waiting for a writer, and opens nothing", () => {
    spawnSync("mkfifo", [join(directory, "8188")]);
    symlinkSync("/dev/zero", join(directory, "8189"));
    announce("README", "not a port");
    expect(announced()).toEqual([]);
  });
});

test("webServices() leaves out every port that has a front, however it is announced", () => {
  announce(18188);
  announce(8188, { listen_port: 18188, proxy_port: 8188 });
  announce(443, { listen_port: 8188, proxy_port: 443 });
  expect(announced()).toMatchObject([{ port: 443, target: 443 }]);
});

test("webServices() knows programs with web_port while they are up, and none behind a front", async () => {
  const supervisor = new Supervisor({
    env: {},
    serverUrl: "",
    container: null,
    logs: { open: () => null, release() {} },
  });
  supervisor.phase = "running";
  const spec = (name: string, more: Partial<ProgramSpec>): ProgramSpec => ({
    ...programDefaults,
    name,
    group: name,
    aliases: [],
    command: ["/bin/sleep", "1000"],
    environment: {},
    exitcodes: [0],
    autorestart: false,
    startsecs: 0,
    priority: 1,
    dependsOn: [],
    stdout: { kind: "none" },
    stderr: "stdout",
    origin: { kind: "runtime" },
    ...more,
  });
  const [up, down, behind] = [
    spec("up", { webPort: 8188, webName: "Comfy" }),
    spec("down", { webPort: 8189 }),
    spec("behind", { webPort: 8190 }),
  ].map((one) => supervisor.add(one));
  try {
    await supervisor.begin([up!, behind!]);
    announce(443, { listen_port: 8190, proxy_port: 443 });
    const found = () =>
      [...webServices(true, supervisor.programs, directory).keys()].toSorted((a, b) => a - b);
    expect(found()).toEqual([443, 8188]);
    await supervisor.begin([down!]);
    expect(found()).toEqual([443, 8188, 8189]);
    expect([...webServices([8190, 8188], supervisor.programs, directory).values()]).toEqual([
      { port: 8190, target: 8190, name: "behind" },
      { port: 8188, target: 8188, name: "Comfy" },
    ]);
  } finally {
    await supervisor.stop(supervisor.programs);
  }
});
