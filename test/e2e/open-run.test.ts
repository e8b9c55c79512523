import { expect, test } from "bun:test";
import { chmodSync, chownSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { boot, tempFolder } from "./harness.ts";

/** A /run that all users may write to and that outlives restarts, as an emptyDir of Kubernetes is. */
function openRun(): { folder: string; mounts: string[] } {
  const folder = tempFolder();
  chmodSync(folder, 0o777);
  return { folder, mounts: [`${folder}:/run`] };
}

const EVIL = "touch /root/pwned\n";
/** Root's next shells: interactive, login, by ssh-like command. */
const SHELLS =
  "bash -ic true 2>/dev/null; bash -lc true; HOME=/root bash --rcfile /root/.bashrc -ic true 2>/dev/null";

test("no other user can put a runtime directory of their own in the place of root's", async () => {
  const { mounts } = openRun();
  await using container = await boot({ mounts, env: { GREETING: "hello" } });
  for (const when of ["first", "restarted"]) {
    await container.waitReady();
    const moved = await container.exec(["mv", "/run/ai-dock", "/run/.old"], { user: "1000" });
    expect([when, moved.code]).toEqual([when, 1]);
    expect(await container.sh(`bash -ic 'echo $GREETING' 2>/dev/null`)).toBe("hello");
    await container.restart();
  }
});

test("what another user has put there before the boot is neither run nor written to", async () => {
  const { folder, mounts } = openRun();
  mkdirSync(join(folder, "ai-dock"), { mode: 0o755 });
  for (const name of ["environment.sh", "sshd_config", "provisioning.sh"])
    writeFileSync(join(folder, "ai-dock", name), EVIL, { mode: 0o755 });
  chownSync(join(folder, "ai-dock"), 1000, 1000);
  await using container = await boot({ mounts, env: { GREETING: "hello" } });
  await container.waitReady();
  await container.waitLog('"/run/ai-dock": expected a directory that only we can write to');
  await container.sh(SHELLS);
  expect(await container.sh("ls /root/pwned 2>/dev/null || echo none")).toBe("none");
  expect(await container.sh("stat -c '%u %a' /run/ai-dock")).toBe("0 755");
  expect(await container.sh(`bash -ic 'echo $GREETING' 2>/dev/null`)).toBe("hello");
});

test("a link in its place leads nowhere: its target keeps its mode and gets no file", async () => {
  const { folder, mounts } = openRun();
  symlinkSync("/root", join(folder, "ai-dock"));
  symlinkSync("/root", join(folder, "sshd"));
  await using container = await boot({ mounts });
  await container.waitReady();
  expect(await container.sh("stat -c %a /root; ls /root")).toBe("700");
  expect(await container.sh("stat -c '%F %a' /run/ai-dock")).toBe("directory 755");
});

test("a directory of root that all may write to, moved there, is not used", async () => {
  const { folder, mounts } = openRun();
  mkdirSync(join(folder, "ai-dock"));
  chmodSync(join(folder, "ai-dock"), 0o1777);
  writeFileSync(join(folder, "ai-dock", "provisioning.sh"), EVIL, { mode: 0o755 });
  await using container = await boot({ mounts });
  await container.waitReady();
  expect(await container.sh("ls /run/ai-dock/provisioning.sh 2>/dev/null || echo none")).toBe("none");
});

test("root's shells source no file of another user", async () => {
  await using container = await boot();
  await container.waitReady();
  await container.sh(
    `echo '${EVIL.trim()}' > /run/ai-dock/environment.sh; chown 1000 /run/ai-dock/environment.sh`,
  );
  await container.sh(SHELLS);
  expect(await container.sh("ls /root/pwned 2>/dev/null || echo none")).toBe("none");
});

test("an image's own directory of announcements keeps its owner, mode and files", async () => {
  const { folder, mounts } = openRun();
  const ports = join(folder, "http_ports");
  mkdirSync(ports);
  writeFileSync(join(ports, "8188"), "{}");
  chownSync(ports, 0, 1111);
  chmodSync(ports, 0o2770);
  await using container = await boot({ mounts });
  await container.waitReady();
  expect(await container.sh("stat -c '%u %g %a' /run/http_ports; ls /run/http_ports")).toBe(
    "0 1111 2770\n8188",
  );
});
