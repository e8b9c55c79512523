import { beforeAll, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Container } from "./apply-fixture.ts";

const WHEELS = `${import.meta.dir}/wheelhouse.py`;

function run(...command: string[]): string {
  const { stdout, stderr, exitCode } = Bun.spawnSync(command);
  if (exitCode !== 0) throw new Error(stderr.toString());
  return stdout.toString().trim();
}

/** Made once: that takes seconds. An environment works where it is copied to. */
const template = `${mkdtempSync(join(tmpdir(), "venv-"))}/venv`;
beforeAll(() => void run("python3", "-m", "venv", template));

/** A container with a folder of wheels instead of an index. */
function setUp(hasVenv = true) {
  const wheels = (container: Container) => `${container.folder}/wheels`;
  const container = new Container({ PIP_NO_INDEX: "1" });
  mkdirSync(wheels(container));
  container.env["PIP_FIND_LINKS"] = wheels(container);
  const venv = `${container.folder}/venv`;
  if (hasVenv) run("cp", "-a", template, venv);
  return {
    container,
    venv,
    wheel: (...words: string[]) => run("python3", WHEELS, wheels(container), ...words),
    version: (name: string) => run(`${venv}/bin/python`, "-c", `import ${name}; print(${name}.version)`),
    pip: async (block: object) =>
      (await container.apply({ pip_packages: [{ venv, tool: "pip", ...block }] }))["pip"],
  };
}

describe("packages of Python", () => {
  test("are installed into an environment that is made, and left alone when they are there", async () => {
    const { wheel, pip, version, container } = setUp(false);
    wheel("one", "1.0");
    expect(await pip({ packages: ["one"] })).toBe("done");
    expect(version("one")).toBe("1.0");
    wheel("one", "2.0");
    container.replace();
    expect(await pip({ packages: ["one>=1.0"] })).toBe("unchanged");
    expect(await pip({ packages: ["one>=1.5"] })).toBe("done");
    expect(version("one")).toBe("2.0");
  });

  test("of a file are installed, and again when the file has changed", async () => {
    const { container, wheel, pip, version } = setUp();
    const file = `${container.volume}/requirements.txt`;
    wheel("one", "1.0");
    wheel("two", "1.0");
    writeFileSync(file, "one\n");
    expect(await pip({ requirements: [file] })).toBe("done");
    expect(await pip({ requirements: [file] })).toBe("unchanged");
    writeFileSync(file, "one\ntwo\n");
    expect(await pip({ requirements: [file] })).toBe("done");
    expect(version("two")).toBe("1.0");
  });

  test("do not replace what is installed, and the message says which one wanted to", async () => {
    const { wheel, pip, version } = setUp();
    wheel("frame", "1.0");
    wheel("frame", "2.0");
    wheel("node", "1.0", "frame==2.0");
    await pip({ packages: ["frame==1.0"] });
    expect(await pip({ packages: ["node"], constraints: "installed" })).toBe(
      "failed: constraints: expected to keep frame==1.0, got a conflict: node 1.0 wants frame==2.0; nothing is installed",
    );
    expect(version("frame")).toBe("1.0");
    expect(await pip({ packages: ["node"] })).toBe("done");
    expect(version("frame")).toBe("2.0");
  });

  test("that are nowhere are a failure with pip's last word", async () => {
    const { pip } = setUp();
    expect(await pip({ packages: ["nowhere"] })).toContain("No matching distribution found for nowhere");
  });

  test("are no way to give pip options", async () => {
    const { pip } = setUp();
    expect(await pip({ packages: ["--index-url=https://a.b"] })).toContain("got the option");
  });
});
