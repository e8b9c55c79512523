import { describe, expect, test } from "bun:test";
import { chownSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  boot,
  type Container,
  keypair,
  must,
  PEERS_IMAGE,
  run,
  sshArgv,
  tempFolder,
  waitFor,
} from "./harness.ts";

/** A program of a child image: it says who it is, and that this is all, and waits. */
const PROGRAM = `[program:app]
user=$USER_NAME
environment=PROC_NAME="%(program_name)s",USER=$USER_NAME,HOME=/home/$USER_NAME
directory=/home/$USER_NAME
command=bash -c 'id -un; id -u; id -G; pwd; echo $HOME $USER; echo up; sleep infinity'
`;

/** A folder of the host for the workspace, of some owner. */
function workspace(uid: number, gid = uid): string {
  const folder = join(tempFolder(), "workspace");
  mkdirSync(folder);
  chownSync(folder, uid, gid);
  return folder;
}

/** What the program has said at that boot of the container, line by line. */
const appLines = async (container: Container, boots = 1): Promise<string[]> => {
  await container.waitReady();
  const path = "/var/log/supervisor/app.log";
  return await waitFor(
    async () => {
      const said = (await container.read(path)).split(/^up\n/m);
      return said.length > boots && said[boots - 1]?.trim().split("\n");
    },
    { what: `all that the program says at boot ${boots}`, detail: () => container.read(path) },
  );
};

describe("the account", () => {
  test("user=$USER_NAME makes one, of the workspace's owner, with a home and groups", async () => {
    const mounts = [`${workspace(1234, 4321)}:/workspace`];
    await using container = await boot({ mounts, programs: { "app.conf": PROGRAM } });
    const [name, uid, groups = "", ...rest] = await appLines(container);
    expect([name, uid, ...rest]).toEqual(["user", "1234", "/home/user", "/home/user user"]);
    expect(groups.split(" ")).toEqual(expect.arrayContaining(["4321", "1111", "44"]));
    expect(await container.sh("stat -c '%a %U:%u:%g' /home/user /home/user/.bashrc")).toBe(
      "750 user:1234:4321\n644 user:1234:4321",
    );
    expect(await container.sh("touch /workspace/file; stat -c %u /workspace/file", { user: "user" })).toBe(
      "1234",
    );
    expect(await container.sh("ai-dock doctor | grep -w account")).toContain("user, uid 1234");
    // No password, no sudo: only who starts the container gives more.
    expect(
      await container.sh(
        "grep ^user: /etc/shadow | cut -d: -f2; ls /etc/sudoers.d 2>/dev/null | grep -c ai-dock || :",
      ),
    ).toBe("*\n0");
  });

  test("a second boot finds it as it was; one after the workspace has changed hands follows", async () => {
    const folder = workspace(1234);
    await using container = await boot({
      mounts: [`${folder}:/workspace`],
      programs: { "app.conf": PROGRAM },
    });
    await appLines(container);
    const state =
      "sha256sum /etc/passwd /etc/group /etc/shadow; stat -c '%i %u %a %n' /etc/passwd /home/user";
    const before = await container.sh(`echo mine >/home/user/mine; chown user: /home/user/mine; ${state}`);
    await container.restart();
    await appLines(container, 2);
    expect(await container.sh(state)).toBe(before);
    chownSync(folder, 77, 78);
    await container.restart();
    expect((await appLines(container, 3))[1]).toBe("77");
    expect(await container.sh("stat -c %u:%g /home/user/mine /home/user/.profile; id -u user")).toBe(
      "77:78\n77:78\n77",
    );
  });

  test("ssh: root's keys, commands, a terminal, the environment, sftp and scp", async () => {
    const key = await keypair();
    const env = {
      SSH_PUBKEY: key.public,
      USER_NAME: "me",
      LINES_OF: "one\ntwo",
      SOME: 'a "b" $c',
      USER_PASSWORD: "the password",
    };
    const files = { "/opt/ai-dock/bin/preflight.d/10.sh": "export FROM_HOOK=yes\n" };
    await using container = await boot({ env, files });
    await container.waitReady();
    const me = { key, user: "me" };
    expect(
      await container.ssh('id -un; pwd; echo "$SOME|$FROM_HOOK|$HOME|$USER|$SHELL"; exit 7', me),
    ).toEqual({
      stdout: 'me\n/home/me\na "b" $c|yes|/home/me|me|/bin/bash\n',
      stderr: "",
      code: 7,
    });
    const path = await container.sh("tr '\\0' '\\n' </proc/1/environ | sed -n s/^PATH=//p");
    expect((await container.ssh("bash -lc 'echo $PATH'; echo \"$LINES_OF\"", me)).stdout).toBe(
      `${path}\none\ntwo\n`,
    );
    const terminal = await container.ssh(undefined, {
      ...me,
      tty: true,
      stdin: 'tty; echo "<$FROM_HOOK>"; exit\n',
    });
    expect(terminal.stdout).toMatch(/\/dev\/pts\/\d+/);
    expect(terminal.stdout).toContain("<yes>");
    const argv = sshArgv(await container.ip(), undefined, { ...me, options: ["RequestTTY=no"] });
    const options = argv.slice(1, -1).filter((word) => !["-T", "-p", "22"].includes(word));
    const [folder, target] = [tempFolder(), argv.at(-1) ?? ""];
    writeFileSync(join(folder, "up"), "text");
    await must(["scp", ...options, join(folder, "up"), `${target}:up`]);
    await must(["scp", "-O", ...options, `${target}:up`, join(folder, "down")]);
    expect(readFileSync(join(folder, "down"), "utf8")).toBe("text");
    const sftp = await run(["sftp", "-b", "-", ...options, target], { stdin: "rename up there\n" });
    expect(sftp.code).toBe(0);
    expect(await container.sh("stat -c %U /home/me/there")).toBe("me");
    // The key of nobody, and the password, open nothing; the keys are no secret of other users.
    const refused = await container.ssh("true", { user: "me", key: await keypair() });
    expect(refused.stderr).toContain("Permission denied (publickey)");
    expect(await container.sh("stat -c '%a %U:%G' /run/ai-dock/account_keys")).toBe("640 root:me");
    expect(await container.exec(["cat", "/run/ai-dock/account_keys"], { user: "nobody" })).toMatchObject({
      code: 1,
    });
    // Where su asks for it, the password is right.
    const su = "su -s /bin/sh -c 'su me -c \"id -un\"' nobody";
    expect(await container.sh(su, { stdin: "the password\n" })).toBe("me");
    expect((await container.exec(["bash", "-c", su], { stdin: "another\n" })).code).not.toBe(0);
    expect(`${await container.logs()}${await container.sh("ps -ef")}`).not.toContain("the password");
  });

  test("a name of the system is refused in one line, and the programs run all the same", async () => {
    await using container = await boot({ env: { USER_NAME: "daemon" }, programs: { "app.conf": PROGRAM } });
    expect((await appLines(container))[0]).toBe("user");
    await container.waitLog(/warn init USER_NAME: expected a name of letters, .* got "daemon"; using user/);
  });

  test("PROVISIONING_USER runs root's script as the account, whose exports reach no program", async () => {
    const script = `#!/bin/bash\r
cd "$WORKSPACE" && mkdir -p storage && echo "$(id -un) $HOME $(id -Gn)" >storage/who\r
[ ! -r /run/ai-dock/environment.sh ] && export LEAKED=1\r
`;
    await using container = await boot({
      env: { PROVISIONING_USER: "$USER_NAME" },
      mounts: [`${workspace(1234)}:/workspace`],
      files: { "/opt/ai-dock/bin/provisioning.sh": script },
    });
    await container.waitReady();
    await container.waitLog("Provisioning done");
    expect(await container.read("/workspace/storage/who")).toMatch(/^user \/home\/user user .*\bai-dock\b/);
    expect(await container.sh("stat -c %U /workspace/storage /workspace/storage/who")).toBe("user\nuser");
    expect(await container.sh("bash -ic 'echo <${LEAKED-}>' 2>/dev/null | tail -1")).not.toContain("<1>");
    expect(await container.sh("ai-dock env | grep -c LEAKED || :")).toBe("0");
    await container.sh("rm /workspace/storage/who; ai-dock provision; grep -q user /workspace/storage/who");
  });

  test("the compat flavour has one without being asked, and it becomes root by sudo, with its own PATH", async () => {
    // It has sudo.
    await using container = await boot({ image: PEERS_IMAGE, env: { AI_DOCK_FLAVOUR: "compat" } });
    await container.waitReady();
    const env = { PATH: "/opt/mine:/usr/bin:/bin" };
    expect(await container.sh("sudo -n id -un; sudo -n printenv PATH", { user: "user", env })).toBe(
      "root\n/opt/mine:/usr/bin:/bin",
    );
    expect(await container.sh("visudo -c >/dev/null; stat -c '%a %u' /etc/sudoers.d/ai-dock")).toBe("440 0");
    expect((await container.exec(["sudo", "-n", "id"], { user: "nobody" })).code).not.toBe(0);
  });

  test("a volume at the home or below it is the account's, and lasts; a full one of root's is not taken", async () => {
    const volumes = ["home", "cache", "full"].map((name) => join(tempFolder(), name)) as [
      string,
      string,
      string,
    ];
    for (const folder of volumes) mkdirSync(folder);
    const [home, cache, full] = volumes;
    const env = { USER_NAME: "me" };
    {
      await using container = await boot({
        env,
        mounts: [`${home}:/home/me`, `${cache}:/home/me/.cache/models`],
      });
      await container.waitReady();
      await container.sh("touch ~/mine ~/.cache/other; [ -e ~/.bashrc ]", {
        user: "me",
        env: { HOME: "/home/me" },
      });
      expect(await container.sh("stat -c %u /home/me/.cache /home/me/.cache/models")).toBe("1000\n0");
    }
    writeFileSync(join(home, "mine"), "changed");
    await using again = await boot({ env, mounts: [`${home}:/home/me`] });
    await again.waitReady();
    expect(await again.read("/home/me/mine")).toBe("changed");
    expect(await again.logs()).not.toContain("warn account");
    writeFileSync(join(full, "file"), "");
    await using other = await boot({ env, mounts: [`${full}:/home/me`] });
    await other.waitLog(
      '"/home/me": expected a directory of uid 1000, got a mount of uid 0; it stays as it is',
    );
    expect(await other.sh("stat -c %u /home/me /home/me/file")).toBe("0\n0");
  });

  test("a fresh workspace is the account's, at the next boot, too; one with content lets it in", async () => {
    const program = PROGRAM.replace("$HOME $USER", "$WORKSPACE_UID; mkdir -p $WORKSPACE/storage; id -u");
    const full = workspace(0);
    writeFileSync(join(full, "file"), "");
    for (const folder of [undefined, workspace(0), full]) {
      await using container = await boot({
        mounts: folder === undefined ? [] : [`${folder}:/workspace`],
        programs: { "app.conf": program },
      });
      await appLines(container);
      await container.restart();
      expect((await appLines(container, 2)).slice(-2)).toEqual(["1000", "1000"]);
      const owners = await container.sh(
        "stat -c %u /workspace /workspace/storage; ls -d /workspace/file 2>&1 >/dev/null | wc -l",
      );
      expect(owners).toBe(folder === full ? "0\n1000\n0" : "1000\n1000\n1");
    }
  });

  test("a workspace that is to stay root's is a finding of ai-dock doctor", async () => {
    const full = workspace(0);
    writeFileSync(join(full, "file"), "");
    const env = { USER_NAME: "me", SKIP_ACL: "true" };
    await using container = await boot({ env, mounts: [`${full}:/workspace`] });
    await container.waitReady();
    const { stdout } = await container.exec(["ai-dock", "doctor"]);
    expect(stdout).toMatch(
      /warning +account +"me" cannot write to "\/workspace\/"\s+→ chown 1000:1000 \/workspace\/$/m,
    );
  });

  test("without root the account is the one that everything runs as", async () => {
    await using container = await boot({
      user: "nobody",
      env: { USER_NAME: "me" },
      programs: {
        "app.conf":
          "[program:app]\nuser=$USER_NAME\ncommand=bash -c 'id -un; sleep infinity'\nstdout_logfile=/tmp/app.log\n",
      },
    });
    await container.waitReady();
    await waitFor(async () => (await container.read("/tmp/app.log")) === "nobody\n", {
      what: "the program to run as nobody",
      detail: () => container.read("/tmp/app.log"),
    });
  });

  test("a link in place of the home leads root nowhere", async () => {
    await using container = await boot({ env: { USER_NAME: "me" } });
    await container.waitReady();
    await container.sh("mkdir /victim; mv /home/me /old; ln -s /victim /home/me");
    await container.restart();
    await container.waitReady();
    expect(await container.sh("stat -c %u /victim; ls -A /victim")).toBe("0");
    await container.waitLog('"/home/me": expected a directory, got a link, which is not followed');
  });
});

describe("account files that are not the container's", () => {
  const MOUNTING = { capAdd: ["SYS_ADMIN"], securityOpt: ["apparmor:unconfined"] };
  const host = (line = "") => {
    const folder = tempFolder();
    const text = `root:x:0:0:root:/root:/bin/bash\nsshd:x:991:65534::/run/sshd:/usr/sbin/nologin\n${line}`;
    writeFileSync(join(folder, "passwd"), text);
    writeFileSync(join(folder, "group"), "root:x:0:\nvideo:x:44:\n");
    return {
      mounts: ["passwd", "group"].map((name) => `${folder}/${name}:/etc/${name}:ro`),
      isAsBefore: () => readFileSync(join(folder, "passwd"), "utf8") === text,
    };
  };

  test("the host's account is taken as it is", async () => {
    const key = await keypair();
    const { mounts, isAsBefore } = host("me:x:4001:4002:Me:/home/me:/bin/bash\n");
    const env = { SSH_PUBKEY: key.public, USER_NAME: "me" };
    await using container = await boot({ env, mounts, programs: { "app.conf": PROGRAM } });
    expect((await appLines(container)).slice(0, 2)).toEqual(["me", "4001"]);
    expect((await container.ssh("id -u; pwd", { key, user: "me" })).stdout).toBe("4001\n/home/me\n");
    expect(isAsBefore()).toBe(true);
  });

  test("one that the host lacks is in a copy, mounted over the file", async () => {
    const { mounts, isAsBefore } = host();
    await using container = await boot({
      env: { USER_NAME: "me" },
      mounts,
      programs: { "app.conf": PROGRAM },
      ...MOUNTING,
    });
    const [name, uid, groups = ""] = await appLines(container);
    expect([name, uid]).toEqual(["me", "1000"]);
    expect(groups.split(" ")).toContain("44");
    expect(isAsBefore()).toBe(true);
  });

  test("where that cannot be, one line says what to do, and ssh works", async () => {
    const key = await keypair();
    const { mounts } = host();
    const env = { SSH_PUBKEY: key.public, USER_NAME: "me" };
    await using container = await boot({ env, mounts, programs: { "app.conf": PROGRAM } });
    await container.waitLog(
      /error account USER_NAME: \/etc\/passwd, a mount, has no account "me" with uid 1000, .* --cap-add SYS_ADMIN, or /,
    );
    await container.waitLog(/app\.conf.* user: expected a user/);
    expect((await container.logs()).match(/(warn|error) account /g)).toHaveLength(1);
    await container.waitLog("Server listening on ");
    expect((await container.ssh("id -un", { key })).stdout).toBe("root\n");
    expect((await container.exec(["ai-dock", "doctor"])).stdout).toMatch(/error +account/);
  });

  test("with a read-only root, copies in memory hold it", async () => {
    await using container = await boot({
      env: { USER_NAME: "me" },
      readOnly: true,
      tmpfs: ["/run", "/home", "/tmp", "/var/log"],
      programs: { "app.conf": PROGRAM },
      ...MOUNTING,
    });
    await container.waitReady();
    expect(await container.sh("id -u me; stat -c %U /home/me")).toBe("1000\nme");
  });
});
