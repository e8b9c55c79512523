import { afterAll, describe, expect, test } from "bun:test";
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sshSetEnvLine, sshVariables } from "../../../src/features/ssh/set-env.ts";
import { awkward } from "../../env/awkward-fixture.ts";

const SSHD = "/usr/sbin/sshd";
const oneLine = Object.fromEntries(Object.entries(awkward).filter(([, value]) => !value.includes("\n")));

test("sshVariables() has all but values of several lines", () => {
  expect(sshVariables({ ...awkward, HOME: "/x" })).toEqual(Object.entries(oneLine));
});

test("sshSetEnvLine() puts everything on the one line that sshd heeds", () => {
  expect(sshSetEnvLine({ A: 'q "z" \\', B: "# it's" })).toBe('SetEnv "A=q \\"z\\" \\\\" "B=# it\'s"');
  expect(sshSetEnvLine({ HOME: "/root" })).toBeUndefined();
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
      sshSetEnvLine(env),
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
