import { describe, expect, test } from "bun:test";
import { inside } from "./_inside.ts";
import { boot, IMAGE, must, waitFor } from "./harness.ts";

describe("image", () => {
  test("passes the boot test that every published image has to", async () => {
    const script = `${import.meta.dir}/../../scripts/lib/boot-test.sh`;
    expect(await must(["bash", script, IMAGE])).toContain("boots, lets in by ssh (CPU), stops");
  });

  test("has the commands that provisioning scripts and users rely on", async () => {
    const commands = [
      ..."setfacl bc bunzip2 curl fusermount3 fuser git gpg ip jq less nano ps screen sftp ssh".split(" "),
      ..."ssh-keygen tmux unzip vi vim wget xz zip ai-dock init.sh logtail.sh supervisorctl".split(" "),
    ];
    const missing = await inside(
      `for c in ${commands.join(" ")} /usr/sbin/sshd; do command -v "$c" >/dev/null || echo "$c"; done`,
    );
    expect(missing).toBe("");
  });

  test("carries nothing that two containers must not share, and no leftovers of its build", async () => {
    const found = await inside(
      "find /etc/ssh -name 'ssh_host_*'; find /etc/machine-id -size +0; find /var/lib/apt/lists /var/cache/apt /tmp /run -type f -size +0;" +
        "cat /root/.ssh/authorized_keys 2>/dev/null || true",
    );
    expect(found).toBe("");
  });

  test("has the folders, links and modes that images built on top use", async () => {
    const folders = await inside(
      "stat -c '%a %n' /root/.ssh /etc/rclone /etc/supervisor/conf.d /etc/supervisor/supervisord/conf.d " +
        "/opt/ai-dock/bin/preflight.d /opt/ai-dock/bin/prestop.d /var/log/supervisor",
    );
    expect(folders.split("\n")).toEqual([
      "700 /root/.ssh",
      "755 /etc/rclone",
      "755 /etc/supervisor/conf.d",
      "755 /etc/supervisor/supervisord/conf.d",
      "755 /opt/ai-dock/bin/preflight.d",
      "755 /opt/ai-dock/bin/prestop.d",
      "755 /var/log/supervisor",
    ]);
    const names = [
      ..."direct-url cfqt-url cfnt-url set-web-credentials env-store logtail fix-permissions venv-sync".split(
        " ",
      ),
      ..."hash-password external-ip-address ready-test".split(" "),
    ];
    const links = ["init.sh", "supervisorctl", ...names, ...names.map((name) => `${name}.sh`)];
    expect(await inside(`cd /opt/ai-dock/bin && readlink ${links.join(" ")}`)).toBe(
      links.map(() => "/usr/local/bin/ai-dock").join("\n"),
    );
    expect(await inside("grep -x user_allow_other /etc/fuse.conf")).toBe("user_allow_other");
  });

  test("has what layers of later images expect: a group, a file to source, every folder safe for git", async () => {
    const stat = "stat -c '%a %U %G %n' /opt /opt/ai-dock/etc /opt/ai-dock/etc/environment.sh";
    expect(await inside(`getent group ai-dock; ${stat} $VENV_DIR /var/log/timing_data`)).toBe(
      [
        "ai-dock:x:1111:",
        "3775 root ai-dock /opt",
        "755 root ai-dock /opt/ai-dock/etc",
        "644 root ai-dock /opt/ai-dock/etc/environment.sh",
        "2775 root ai-dock /opt/environments/python",
        "664 root ai-dock /var/log/timing_data",
      ].join("\n"),
    );
    expect(await inside("git config --system --get-all safe.directory")).toBe("*");
    expect(
      await inside(
        'set -euo pipefail; . /opt/ai-dock/etc/environment.sh; . venv-set serviceportal; "$SERVICEPORTAL_VENV_PYTHON" --version 2>&1 || echo "$?"; timeout 0.2 "$SERVICEPORTAL_VENV_PYTHON" /opt/ai-dock/fastapi/logviewer/main.py -p 1 || echo "$?"',
      ),
    ).toMatch(/127\n124$/);
  });

  test("names the commands in its message of the day", async () => {
    const motd = await inside("cat /etc/motd");
    expect(
      ["ai-dock status", "ai-dock logs", "ai-dock web", "supervisorctl", "logtail.sh"].filter(
        (c) => !motd.includes(c),
      ),
    ).toEqual([]);
  });

  test("has the variables that images built on top use", async () => {
    const { Env } = await config();
    const variables = Object.fromEntries(Env.map((line) => line.split(/=(.*)/s).slice(0, 2)));
    expect(variables).toMatchObject({
      XPU_TARGET: "CPU",
      LANG: "C.UTF-8",
      SHELL: "/bin/bash",
      APT_INSTALL: "apt-get install -y --no-install-recommends",
      PIP_INSTALL: "pip install --no-cache-dir",
      MAMBA_CREATE: "micromamba create -y -c conda-forge",
      MAMBA_ROOT_PREFIX: "/opt/micromamba",
      MAMBA_EXE: "/opt/micromamba/bin/micromamba",
      MAMBA_BASE_ENV: "system",
      MAMBA_BASE_RUN: "micromamba run -n system",
      MAMBA_DEFAULT_ENV: "base",
      MAMBA_BASE_PYTHON_VERSION: "3.10",
      RCLONE_CONFIG: "/etc/rclone/rclone.conf",
    });
    expect(variables["PATH"]).toStartWith("/opt/ai-dock/bin:/opt/micromamba/bin:");
  });

  test("has labels that name the version of its binary", async () => {
    const { Labels } = await config();
    const version = await inside("ai-dock --version");
    expect(version).toStartWith(`ai-dock ${Labels["org.opencontainers.image.version"]} (`);
  });

  test("starts, stops and is probed by ai-dock", async () => {
    const { Entrypoint, Cmd, StopSignal, ExposedPorts, Healthcheck } = await config();
    expect({ Entrypoint, Cmd, StopSignal, ports: Object.keys(ExposedPorts).toSorted() }).toEqual({
      Entrypoint: ["/usr/local/bin/ai-dock"],
      Cmd: ["init.sh"],
      StopSignal: "SIGTERM",
      ports: ["1111/tcp", "22/tcp", "53682/tcp"],
    });
    expect(Healthcheck.Test).toEqual(["CMD", "/usr/local/lib/ai-dock/health"]);
  });

  test("turns healthy without any setting, and stops with 0", async () => {
    await using container = await boot();
    await container.waitReady();
    await waitFor(async () => (await container.health()) === "healthy", {
      what: "the engine to call the container healthy",
      detail: async () => JSON.stringify((await container.state()).Health),
    });
    expect((await container.stop()).code).toBe(0);
  });
});

interface ImageConfig {
  Env: string[];
  Entrypoint: string[];
  Cmd: string[];
  StopSignal: string;
  ExposedPorts: Record<string, unknown>;
  Healthcheck: { Test: string[] };
  Labels: Record<string, string>;
}

async function config(): Promise<ImageConfig> {
  return JSON.parse(await must(["docker", "image", "inspect", "--format", "{{json .Config}}", IMAGE]));
}
