import { describe, expect, test } from "bun:test";
import { boot, must, run, tempFolder } from "./harness.ts";

describe("the workspace", () => {
  const owned = async () => {
    const folder = tempFolder();
    await must(["chown", "1000:1000", folder]);
    return folder;
  };
  /** As the user outside who owns the folder. */
  const outside = (...argv: string[]) =>
    run(["setpriv", "--reuid=1000", "--regid=1000", "--clear-groups", ...argv]);

  test("a file that root makes in the container is writable by the owner outside", async () => {
    const folder = await owned();
    await must(["chmod", "a+x", folder, `${folder}/..`]);
    await using container = await boot({ env: { SKIP_ACL: "false" }, mounts: [`${folder}:/workspace`] });
    await container.waitReady();
    await container.sh(
      "echo inside > /workspace/file; mkdir /workspace/dir; echo deep > /workspace/dir/file",
    );
    for (const file of ["file", "dir/file"]) {
      const { code, stderr } = await outside("sh", "-c", `echo outside >> ${folder}/${file}`);
      expect([stderr, code]).toEqual(["", 0]);
    }
    expect(
      await container.sh("bash -ic 'echo $WORKSPACE $WORKSPACE_MOUNTED $WORKSPACE_UID' 2>/dev/null"),
    ).toBe("/workspace/ true 1000");
  });

  test("what its owner puts there leads root nowhere: no ACL, no warning and no log behind a link", async () => {
    const folder = await owned();
    await must(["ln", "-s", "/etc", `${folder}/remote`]);
    await must(["ln", "-s", "/root/planted", `${folder}/app.log`]);
    const program =
      "[program:app]\nuser=nobody\ncommand=sh -c 'echo key; sleep 600'\nstdout_logfile=/workspace/app.log\n";
    await using container = await boot({
      mounts: [`${folder}:/workspace`],
      programs: { "app.conf": program },
    });
    await container.waitReady();
    await container.waitLog(
      /warn logs Cannot write log "\/workspace\/app.log": "\/workspace\/app.log" is a link/,
    );
    await container.waitLog(
      /warn workspace "\/workspace\/remote": expected a directory, got a link, which is not followed/,
    );
    expect(
      await container.sh(
        "getfacl -c /etc 2>/dev/null | grep -c user: ; ls -d /etc/.cache /etc/WARN* /root/planted 2>/dev/null || true",
      ),
    ).toBe("1");
  });

  test("a link in the place of a warning is replaced", async () => {
    const folder = await owned();
    await must(["mkdir", `${folder}/remote`]);
    const name = "remote/WARNING-CANNOT-MOUNT-REMOTES.txt";
    await must(["ln", "-s", "/etc/shadow", `${folder}/${name}`]);
    await using container = await boot({ mounts: [`${folder}:/workspace`] });
    await container.waitReady();
    expect(await container.read("/etc/shadow")).toContain("root:");
    expect(await container.sh(`test -L /workspace/${name} || head -c 30 /workspace/${name}`)).toBe(
      "Remotes cannot be mounted in t",
    );
  });

  test("a file in the place of the folder of remotes costs those alone", async () => {
    const folder = await owned();
    await must(["touch", `${folder}/remote`]);
    await using container = await boot({ mounts: [`${folder}:/workspace`] });
    await container.waitReady();
    expect(await container.logs()).not.toContain("bug");
    expect(await container.sh("ai-dock shell -- printenv RCLONE_MOUNT_COUNT")).toBe("0");
  });

  test("SKIP_ACL=true leaves it alone", async () => {
    const folder = await owned();
    await using container = await boot({ env: { SKIP_ACL: "true" }, mounts: [`${folder}:/workspace`] });
    await container.waitReady();
    expect(await container.sh("getfacl -c /workspace 2>/dev/null | grep -c default || true")).toBe("0");
  });

  test("a read-only one warns, and the container boots", async () => {
    const folder = await owned();
    await using container = await boot({ mounts: [`${folder}:/workspace:ro`] });
    await container.waitReady();
    await container.waitLog(/warn workspace .*read-only/i);
  });

  test("a file system without ACLs costs one warning", async () => {
    const folder = tempFolder();
    await must(["mount", "-t", "ramfs", "ramfs", folder]);
    try {
      await must(["chown", "1000:1000", folder]);
      await using container = await boot({ mounts: [`${folder}:/workspace`] });
      await container.waitReady();
      const warnings = (await container.logs())
        .split("\n")
        .filter((line) => /warn workspace .*expected access control lists/.test(line));
      expect(warnings).toHaveLength(1);
    } finally {
      await must(["umount", folder]);
    }
  });

  test("on tmpfs it works like any other", async () => {
    await using container = await boot({ tmpfs: ["/workspace:uid=1000,gid=1000"] });
    await container.waitReady();
    expect(await container.sh("getfacl -nc /workspace")).toContain("default:user:1000:rwx");
  });

  test("without a mount it says so, in the log and in a file that goes once there is one", async () => {
    const folder = tempFolder();
    await Bun.write(`${folder}/WARNING-NO-MOUNT.txt`, "from an earlier boot");
    await using without = await boot();
    await using mounted = await boot({ mounts: [`${folder}:/workspace`] });
    await Promise.all([without.waitReady(), mounted.waitReady()]);
    expect(
      await without.sh("ls /workspace/WARNING-NO-MOUNT.txt; bash -ic 'echo $WORKSPACE_MOUNTED' 2>/dev/null"),
    ).toBe("/workspace/WARNING-NO-MOUNT.txt\nfalse");
    expect(await mounted.sh("ls /workspace")).not.toContain("WARNING-NO-MOUNT.txt");
  });
});
