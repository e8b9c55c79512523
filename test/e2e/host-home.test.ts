import { describe, expect, test } from "bun:test";
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { boot, keypair, tempFolder } from "./harness.ts";

const HOST_USER = 1000;
const BASHRC = "# mine\nalias l=ls\n";

/** The home of someone on the host who logs in there with `key`. */
function hostHome(key: string): string {
  const home = tempFolder();
  mkdirSync(join(home, ".ssh"));
  writeFileSync(join(home, ".ssh/authorized_keys"), `${key}\n`);
  writeFileSync(join(home, ".bashrc"), BASHRC);
  const modes = { "": 0o775, ".bashrc": 0o644, ".ssh": 0o700, ".ssh/authorized_keys": 0o600 };
  for (const [name, mode] of Object.entries(modes)) {
    chownSync(join(home, name), HOST_USER, HOST_USER);
    chmodSync(join(home, name), mode);
  }
  return home;
}

const states = (home: string) =>
  ["", ".bashrc", ".ssh", ".ssh/authorized_keys"].map((name) => {
    const { uid, gid, mode } = statSync(join(home, name));
    return `${uid}:${gid} ${(mode & 0o7777).toString(8)}`;
  });

describe.each([
  ["~/.ssh", "/.ssh", "/root/.ssh"],
  ["the home", "", "/root"],
])("%s of the host, mounted over root's", (_, source, target) => {
  test("stays as it is, and opens ssh to its own keys and to those of the container", async () => {
    const [hosts, ours] = await Promise.all([keypair(), keypair()]);
    const home = hostHome(hosts.public);
    const before = states(home);
    await using container = await boot({
      env: { SSH_PUBKEY: ours.public, TWO_LINES: "a\nb" },
      args: ["FROM_BOOT=yes"],
      mounts: [`${home}${source}:${target}`],
    });
    await container.waitReady();
    await container.restart();
    await container.waitReady();
    const command = 'echo "$FROM_BOOT $TWO_LINES"';
    for (const key of [hosts, ours])
      expect((await container.ssh(command, { key })).stdout).toBe("yes a\nb\n");
    expect(await container.sh(`bash -ic '${command}; pwd' 2>/dev/null`)).toBe("yes a\nb\n/workspace");
    expect(await container.sh(`bash -lic '${command}; pwd' 2>/dev/null`)).toBe("yes a\nb\n/workspace");
    expect(states(home)).toEqual(before);
    expect(readFileSync(join(home, ".ssh/authorized_keys"), "utf8")).toBe(`${hosts.public}\n`);
    expect(readFileSync(join(home, ".bashrc"), "utf8")).toBe(BASHRC);
    expect(await container.logs()).not.toMatch(/warn keys|warn shell/);
  });
});

test("an empty mounted home gets no .ssh, and ssh works", async () => {
  const home = tempFolder();
  const key = await keypair();
  await using container = await boot({ env: { SSH_PUBKEY: key.public }, mounts: [`${home}:/root`] });
  await container.waitReady();
  expect((await container.ssh("id -un", { key })).stdout).toBe("root\n");
  expect(existsSync(join(home, ".ssh"))).toBe(false);
});
