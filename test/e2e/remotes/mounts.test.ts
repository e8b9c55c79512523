import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { boot, keypair, must, tempFolder, waitFor } from "../harness.ts";
import { arrived, encrypt, farEnd, mountable, remotes, sha256, workspace, writeFiles } from "./_far.ts";

test.concurrent("remotes of variables and of the file are mounted, and what is written arrives", async () => {
  await using far = await farEnd();
  await must(["mkdir", join(far.folder, "deep")]);
  const config = tempFolder();
  writeFileSync(join(config, "rclone.conf"), far.section("Deep end", "/deep"));
  const space = workspace();
  await must(["chown", "1234:2345", space.folder]);
  await using container = await boot({
    ...mountable,
    mounts: [space.mount, `${config}:/etc/rclone`],
    env: { ...far.variables("far"), RCLONE_CACHE_DIR: "/elsewhere" },
  });
  await container.waitReady();
  await container.waitLog(/RCLONE_CACHE_DIR: expected none, .*mounts do not get it/);
  expect(await remotes(container)).toMatchObject({
    far: { state: "RUNNING", mounted: true, path: "/workspace/remote/far", type: "webdav" },
    "Deep end": { state: "RUNNING", mounted: true, path: "/workspace/remote/Deep end" },
  });
  expect(await container.sh("supervisorctl status 'rclone_mount:*' | sed 's/ .*//'")).toBe(
    "rclone_mount:Deep_end\nrclone_mount:far",
  );
  expect(await container.sh("stat -c '%u:%g' /workspace/remote/far")).toBe("1234:2345");
  await container.sh("echo one >/workspace/remote/far/one && echo two >'/workspace/remote/Deep end/two'");
  await arrived(far, { one: sha256("one\n"), "deep/two": sha256("two\n") });
  // Others than root may see and use it.
  expect(
    await container.sh("setpriv --reuid 1234 --regid 2345 --clear-groups cat /workspace/remote/far/one"),
  ).toBe("one");
  const { stdout } = await container.exec(["ai-dock", "remotes"]);
  expect(stdout).toMatch(/^far +mounted +webdav +\/workspace\/remote\/far/m);
  expect(await container.sh("ai-dock shell -- printenv RCLONE_MOUNT_COUNT")).toBe("2");
});

test.concurrent("an encrypted configuration, and a wrong password that costs only the remotes in it", async () => {
  await using far = await farEnd();
  const config = tempFolder();
  writeFileSync(join(config, "rclone.conf"), far.section("hidden"));
  await encrypt(config, "open sesame");
  const options = { ...mountable, mounts: [`${config}:/etc/rclone`] };
  const env = far.variables("plain");
  await using right = await boot({ ...options, env: { ...env, RCLONE_CONFIG_PASS: "open sesame" } });
  await right.waitReady();
  expect(await remotes(right)).toMatchObject({ hidden: { mounted: true }, plain: { mounted: true } });

  await using wrong = await boot({ ...options, env: { ...env, RCLONE_CONFIG_PASS: "open barley" } });
  await wrong.waitReady();
  const log = await wrong.logs();
  expect(log).toMatch(/RCLONE_CONFIG: expected a configuration .*password.*; its remotes are not mounted/);
  expect(log).not.toContain("open barley");
  expect(Object.keys(await remotes(wrong))).toEqual(["plain"]);
  expect((await wrong.exec(["ai-dock", "remotes"])).code).toBe(1);
});

test.concurrent("ten remotes at once, one of them broken, with odd names", async () => {
  await using far = await farEnd();
  const names = ["a b", "Ünï", "x.y", "x_y", "a@b", "a+b", ".cache", "UPPER", "a_b"];
  const config = tempFolder();
  const sections = names.map((name, index) => {
    const folder = `n${index}`;
    return { folder, text: far.section(name, `/${folder}`) };
  });
  for (const { folder } of sections) await must(["mkdir", join(far.folder, folder)]);
  writeFileSync(
    join(config, "rclone.conf"),
    `${sections.map(({ text }) => text).join("")}[broken]\ntype = nonsense\n`,
  );
  await using container = await boot({ ...mountable, mounts: [`${config}:/etc/rclone`] });
  const found = await waitFor(
    async () => {
      const rows = await remotes(container);
      return Object.values(rows).filter(({ mounted }) => mounted).length === names.length && rows;
    },
    { what: "all but one to be mounted", detail: () => container.logs(), limit: 150_000 },
  );
  await waitFor(async () => (await remotes(container))["broken"]?.state === "FATAL");
  expect((await remotes(container))["broken"]!.reason).toContain('didn\'t find backend called "nonsense"');
  for (const name of names) {
    const { path } = found[name]!;
    await container.sh('echo "$TEXT" >"$DIR/file"', { env: { DIR: path, TEXT: name } });
  }
  const files = names.map((name, index) => [`n${index}/file`, sha256(`${name}\n`)]);
  await arrived(far, Object.fromEntries(files));
  expect(new Set(Object.values(found).map(({ path }) => path)).size).toBe(names.length + 1);
  expect((await container.exec(["ai-dock", "health"])).code).toBe(1);
});

test.concurrent("a remote that is configured in the running container is mounted by an update", async () => {
  await using far = await farEnd();
  const space = workspace();
  await using container = await boot({ ...mountable, mounts: [space.mount] });
  await container.waitReady();
  expect(await container.sh("ls /workspace/remote")).toBe("WARNING-NO-REMOTES-CONFIGURED.txt");
  expect(await container.sh("ai-dock status")).toMatch(/^rclone_mount +STOPPED +no remote is configured/m);
  const url = far.variables("x")["RCLONE_CONFIG_X_URL"]!;
  await container.sh(`rclone config create far webdav url=${url} vendor=other`);
  expect(await container.sh("ai-dock update")).toContain("rclone_mount:far: added");
  await waitFor(async () => (await remotes(container))["far"]?.mounted);
  await arrived(far, await writeFiles(container, "/workspace/remote/far", 3));

  const pid = () => container.sh("supervisorctl pid rclone_mount:far");
  const before = await pid();
  await container.sh(`rclone config create second webdav url=${url} vendor=other && ai-dock update`);
  await waitFor(async () => (await remotes(container))["second"]?.mounted);
  expect(await pid()).toBe(before);
  // rclone itself goes on with the settings it began with.
  await container.sh("rclone config update far vendor owncloud && ai-dock update");
  await waitFor(async () => (await remotes(container))["far"]?.mounted);
  expect(await pid()).not.toBe(before);

  await container.sh("rclone config delete far && ai-dock update");
  expect(await container.sh("ls -A /workspace/remote")).not.toMatch(/^far$/m);
  expect(Object.keys(await remotes(container))).toEqual(["second"]);
});

test.concurrent("a shared workspace is left without mounts on its host", async () => {
  await using far = await farEnd();
  const space = workspace();
  await must(["mount", "--bind", space.folder, space.folder]);
  await must(["mount", "--make-rshared", space.folder]);
  try {
    await using container = await boot({
      ...mountable,
      mounts: [`${space.mount}:rshared`],
      env: far.variables("far"),
    });
    await container.waitReady();
    await container.sh("echo seen >/workspace/remote/far/file");
    await must(["grep", "-q", "seen", join(space.folder, "remote/far/file")]);
    await container.stop();
    const mounts = () => must(["cat", "/proc/self/mountinfo"]);
    expect(await mounts()).not.toContain(`${space.folder}/remote`);

    await using booting = await boot({
      ...mountable,
      mounts: [`${space.mount}:rshared`],
      env: { ...far.variables("far"), PROVISIONING_SCRIPT: "/tmp/provisioning.sh" },
      files: { "/tmp/provisioning.sh": "#!/bin/bash\necho waiting\nsleep 1000\n" },
    });
    await booting.waitLog("provisioning | waiting");
    expect(await mounts()).toContain(`${space.folder}/remote/far`);
    await booting.stop();
    expect(await mounts()).not.toContain(`${space.folder}/remote`);
  } finally {
    await must(["umount", "--recursive", space.folder]);
  }
});

test.concurrent("sessions by ssh can use rclone, too", async () => {
  await using far = await farEnd();
  const key = await keypair();
  await using container = await boot({ env: { SSH_PUBKEY: key.public, ...far.variables("far") } });
  await container.waitReady();
  const { stdout } = await container.ssh("echo hello | rclone rcat far:greeting && rclone cat far:greeting", {
    key,
  });
  expect(stdout).toBe("hello\n");
});
