import { describe, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { machine } from "./fixture.ts";

describe("provision()", () => {
  test("does nothing without a script", async () => {
    expect(await machine().boot()).toMatchObject({ message: undefined, lines: [] });
  });

  test("runs the script that is mounted in place, executable or not", async () => {
    const { boot, write } = machine();
    write("#!/bin/bash\r\necho mounted\r\n", 0o644);
    expect(await boot()).toMatchObject({ message: "Provisioning done", output: "mounted\n" });
  });

  test.each([["file://"], ["file:"], [""]])("copies a script given as %sPATH", async (prefix) => {
    const { boot, root, read, script } = machine();
    const source = join(root, "mine");
    writeFileSync(source, "#!/usr/bin/env python3\nprint('from file')\n", { mode: 0o644 });
    expect((await boot({ PROVISIONING_SCRIPT: `${prefix}${source}` })).output).toBe("from file\n");
    expect([read(), statSync(script).mode & 0o777]).toEqual([readFileSync(source, "utf8"), 0o700]);
  });

  test("runs in place a script that is named by its own path", async () => {
    const { boot, write, script } = machine();
    write("echo here\n");
    expect((await boot({ PROVISIONING_SCRIPT: script })).output).toBe("here\n");
  });

  test("names a file that is not there", async () => {
    const { message } = await machine().boot({ PROVISIONING_SCRIPT: "/no/such/file" });
    expect(message).toStartWith(
      'PROVISIONING_SCRIPT: expected a script at "/no/such/file", got no such file',
    );
  });

  test("reports a failure with its code and keeps its exports", async () => {
    const { boot, write, script } = machine();
    write("export A=1\nexit 1\n");
    const { message, env } = await boot();
    expect(message).toMatch(
      /^Provisioning: expected exit code 0 of ".*", got "1" after \d+ ms; boot goes on$/,
    );
    expect(message).toContain(script);
    expect(env["A"]).toBe("1");
  });

  test("ends a hung script with everything it started", async () => {
    const { boot, write, script } = machine();
    write("sleep 1000 & echo $!; sleep 1000\n");
    const { message, output } = await boot({ PROVISIONING_TIMEOUT: "1" });
    expect(message).toBe(
      `PROVISIONING_TIMEOUT: expected "${script}" to end within 1 s, got no end; it was ended and boot goes on`,
    );
    expect(existsSync(`/proc/${output?.trim()}/fd/0`)).toBe(false);
  });

  test("with PROVISIONING_ONCE runs again only when the script changed or has failed", async () => {
    const { boot, write, paths } = machine();
    const settings = { PROVISIONING_ONCE: "true" };
    const outputs: (string | undefined)[] = [];
    for (const content of ["echo a; exit 1", "echo a; exit 1", "echo b", "echo b", "echo c", "echo b"]) {
      write(content);
      outputs.push((await boot(settings)).output);
    }
    expect(outputs).toEqual(["a\n", "a\n", "b\n", undefined, "c\n", "b\n"]);
    expect(statSync(paths.stamp).mode & 0o777).toBe(0o600);
    expect((await boot(settings, { force: true })).output).toBe("b\n");
    expect((await boot(settings)).message).toBe("Provisioning script has not changed; not run");
  });

  test("another script by argument runs without taking the place of the one that is there", async () => {
    const { boot, root, read, write, paths } = machine();
    const [source, settings] = [join(root, "fix.sh"), { PROVISIONING_ONCE: "true" }];
    write("echo image\n");
    await boot(settings);
    writeFileSync(source, "echo fix\n");
    const { output, message, lines } = await boot(settings, { source, force: true });
    expect([output, message]).toEqual(["fix\n", "Provisioning done"]);
    expect(lines).toContain(`info Running the provisioning script script=${source}`);
    expect([read(), existsSync(paths.fallback)]).toEqual(["echo image\n", false]);
    // Nor does it count as the last run of the other.
    expect((await boot(settings)).output).toBeUndefined();
  });

  test("a script by argument that cannot be had runs nothing else instead", async () => {
    const { boot, write } = machine();
    write("echo image\n");
    const { output, message } = await boot({}, { source: "/no/such/file", force: true });
    expect(output).toBeUndefined();
    expect(message).toMatch(
      /^Provisioning: expected a script at "\/no\/such\/file", got no such file; nothing is run$/,
    );
  });

  test("a script by argument is named as it was given when it fails", async () => {
    const { boot, root } = machine();
    const source = join(root, "fix.sh");
    writeFileSync(source, "exit 3\n");
    expect((await boot({}, { source, force: true })).message).toContain(
      `exit code 0 of "${source}", got "3"`,
    );
  });

  test("stops with the container", async () => {
    const { boot, write, root } = machine();
    write(`touch ${root}/started; sleep 1000\n`);
    const stop = new AbortController();
    const booting = boot({}, { signal: stop.signal });
    while (!existsSync(join(root, "started"))) await Bun.sleep(5);
    stop.abort();
    expect((await booting).message).toBeUndefined();
  });
});

describe.skipIf(process.getuid?.() !== 0)("provision() with mounts", () => {
  const mount = (...args: string[]) => {
    expect(spawnSync("mount", args).stderr.toString()).toBe("");
    return { [Symbol.dispose]: () => spawnSync("umount", [args.at(-1) ?? ""]) };
  };

  test("keeps a mounted script and runs it instead", async () => {
    const { boot, root, write, script } = machine();
    write("");
    writeFileSync(join(root, "host"), "echo mounted\n");
    writeFileSync(join(root, "other"), "echo other\n");
    using _ = mount("--bind", join(root, "host"), script);
    const { output, lines } = await boot({ PROVISIONING_SCRIPT: join(root, "other") });
    expect(output).toBe("mounted\n");
    expect(lines[0]).toBe(
      `warn PROVISIONING_SCRIPT: "${script}" is a mount, which stays; nothing is downloaded`,
    );
    expect(readFileSync(join(root, "host"), "utf8")).toBe("echo mounted\n");
  });

  test("a script by argument runs even where another one is mounted", async () => {
    const { boot, root, write, script } = machine();
    write("");
    writeFileSync(join(root, "host"), "echo mounted\n");
    writeFileSync(join(root, "other"), "echo other\n");
    using _ = mount("--bind", join(root, "host"), script);
    expect((await boot({}, { source: join(root, "other"), force: true })).output).toBe("other\n");
    expect(readFileSync(join(root, "host"), "utf8")).toBe("echo mounted\n");
  });

  test("uses another directory where the usual one is read-only", async () => {
    const { boot, root, paths } = machine();
    writeFileSync(join(root, "mine"), "echo fallback\n");
    mkdirSync(paths.fallback);
    using _ = mount("-t", "tmpfs", "-o", "ro", "none", paths.directory);
    expect((await boot({ PROVISIONING_SCRIPT: join(root, "mine") })).output).toBe("fallback\n");
    expect(existsSync(join(paths.fallback, "provisioning.sh"))).toBe(true);
  });
});
