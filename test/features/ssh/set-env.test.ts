import { afterAll, describe, expect, test } from "bun:test";
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sshSetEnv, sshVariables } from "../../../src/features/ssh/set-env.ts";
import { awkward } from "../../env/awkward-fixture.ts";

const SSHD = "/usr/sbin/sshd";
const oneLine = Object.fromEntries(Object.entries(awkward).filter(([, value]) => !value.includes("\n")));

test("sshVariables() has all but values of several lines", () => {
  expect(sshVariables({ ...awkward, HOME: "/x" })).toEqual(Object.entries(oneLine));
});

test("sshSetEnv() puts everything on the one line that sshd heeds", () => {
  expect(sshSetEnv({ A: 'q "z" \\', B: "# it's" })).toEqual({
    line: 'SetEnv "A=q \\"z\\" \\\\" "B=# it\'s"',
    omitted: [],
  });
  expect(sshSetEnv({ HOME: "/root" })).toEqual({ line: undefined, omitted: [] });
});

describe("sshSetEnv() leaves out", () => {
  test("the largest variables beyond 200 KiB in all, in bytes as sshd gets them", () => {
    const value = "é".repeat(25 * 1024);
    const many = Object.fromEntries(Array.from({ length: 3 }, (_, at) => [`M${at}`, value]));
    expect(sshSetEnv(many).omitted).toEqual([]);
    const { line, omitted } = sshSetEnv({
      SMALL: "x",
      ...many,
      BIG: `${value}x`,
      QUOTED: '"'.repeat(40_000),
    });
    expect(omitted).toEqual(["QUOTED", "BIG"]);
    expect(line).toStartWith('SetEnv "SMALL=x" "M0=');
    expect(Buffer.byteLength(line ?? "")).toBeLessThan(200 * 1024);
  });

  test("a variable that no program can be started with", () => {
    expect(sshSetEnv({ A: "a", B: "b".repeat(128 * 1024 - 3) }).omitted).toEqual([]);
    expect(sshSetEnv({ A: "a", B: "b".repeat(128 * 1024 - 2) })).toEqual({
      line: 'SetEnv "A=a"',
      omitted: ["B"],
    });
  });
});

describe.skipIf(!existsSync(SSHD) || process.getuid?.() !== 0)("a real sshd", () => {
  const directory = mkdtempSync(join(tmpdir(), "sshd-"));
  const file = (name: string) => join(directory, name);
  const stopped = new AbortController();
  afterAll(() => stopped.abort());

  async function freePort(): Promise<number> {
    const server = createServer();
    const { promise, resolve } = Promise.withResolvers<void>();
    server.listen(0, "127.0.0.1", resolve);
    await promise;
    const address = server.address();
    server.close();
    return typeof address === "object" && address !== null ? address.port : 0;
  }

  /** Starts sshd with the environment and returns the words of an ssh command to it. */
  async function start(env: Record<string, string>): Promise<string[]> {
    const port = await freePort();
    for (const name of ["host", "user"]) {
      spawnSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", file(name)]);
    }
    mkdirSync("/run/sshd", { recursive: true, mode: 0o755 });
    const config = [
      `Port ${port}`,
      "ListenAddress 127.0.0.1",
      `HostKey ${file("host")}`,
      `AuthorizedKeysFile ${file("user.pub")}`,
      "StrictModes no",
      "PidFile none",
      "Subsystem sftp internal-sftp",
      sshSetEnv(env).line,
    ];
    writeFileSync(file("config"), `${config.join("\n")}\n`, { mode: 0o600 });
    const sshd = spawn(SSHD, ["-D", "-e", "-f", file("config")], { signal: stopped.signal });
    sshd.on("error", () => undefined);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    let said = "";
    sshd.stderr.on("data", (chunk: Buffer) => {
      said += chunk.toString();
      if (said.includes("Server listening")) resolve();
    });
    sshd.on("exit", () => reject(new Error(said)));
    await promise;
    const options = ["StrictHostKeyChecking=no", `UserKnownHostsFile=${file("known")}`, "LogLevel=ERROR"];
    return ["-F", "none", "-i", file("user"), "-p", String(port), ...options.flatMap((o) => ["-o", o])];
  }

  test("hands every value of one line to a session, byte for byte", async () => {
    const words = await start({ ...awkward, PATH: "/usr/bin:/bin:/opt/my tools" });
    const result = spawnSync("ssh", [...words, "root@127.0.0.1", "cat /proc/self/environ"]);
    expect(result.stderr.toString()).toBe("");
    const got = new Set(result.stdout.toString().split("\0"));
    const wanted = Object.entries(oneLine).map(([name, value]) => `${name}=${value}`);
    expect(wanted.filter((pair) => !got.has(pair))).toEqual([]);
    expect(existsSync("/tmp/ai-dock-executed")).toBe(false);
    expect(readFileSync(file("config"), "utf8").match(/^SetEnv/gm)).toHaveLength(1);
  });
});
