import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { chownSync } from "node:fs";
import { COMPAT_BUILD_MILLISECONDS } from "../_compat.ts";
import { boot, type Container, keypair, must, tempFolder, waitFor } from "../harness.ts";
import { type Answer, buildLayers, PROVISIONING } from "./_layers.ts";

const key = await keypair();
const PASSWORD = "s3cret-password";
/** Six programs, each of which sources nvm and the like. */
const BOOT = { limit: 150_000 };
/** Numbers are those of test/child/needs.ts. */
const APPS = { app: 8188, notebook: 8888, display: 6200 };

let image = "";
let container: Container;

/** Asks through the login, from outside. */
async function ask(port: number, path = "/", of = container): Promise<Answer> {
  const url = `http://${await of.ip()}:${port}${path}`;
  const argv = ["curl", "--noproxy", "*", "-sSf", "-u", `user:${PASSWORD}`, url];
  const body = await waitFor(async () => await must(argv), { what: url, detail: () => of.logs(), ...BOOT });
  return JSON.parse(body) as Answer;
}

const as = (script: string, of = container) => of.sh(script, { user: "user" });
const programLog = (name: string, of = container) => of.read(`/var/log/supervisor/${name}.log`);

beforeAll(async () => {
  image = await buildLayers();
  const workspace = tempFolder();
  chownSync(workspace, 1234, 2345);
  container = await boot({
    image,
    env: {
      SSH_PUBKEY: key.public,
      WEB_PASSWORD: PASSWORD,
      USER_PASSWORD: "twelve chars",
      APP_ARGS: "--greeting",
      PUBLIC_IPADDR: "203.0.113.7",
      SIZEW: "1920",
    },
    mounts: [`${workspace}:/workspace`],
    files: { "/opt/ai-dock/bin/provisioning.sh": PROVISIONING },
    args: ["FROM_INIT=a value"],
  });
  await container.waitReady(BOOT);
  for (const port of Object.values(APPS)) await ask(port);
}, COMPAT_BUILD_MILLISECONDS);

afterAll(async () => {
  await container?.[Symbol.asyncDispose]();
});

describe("images built on each other as those of 2024 are", () => {
  test("gap 1, 2, 10, 12, 20, 25, build 1, 2, 3, 4, 6, 7: layers build, and the next one has what they store", async () => {
    const log = await container.read("/var/log/build.log");
    expect(log).toMatch(/^bash is already the newest version/m);
    expect(log).toMatch(/^node: Now using /m);
    expect(log).toMatch(/^app v2\.1 for CPU$/m);
    expect(log).toMatch(/^trial: True$/m);
    expect(log.match(/^\/opt: \d+ changed$/gm)).toHaveLength(6);
    expect(await container.sh("getent group ai-dock; stat -c %U:%G /opt/desktop/bin")).toMatch(
      /^ai-dock:x:1111:.*\nroot:ai-dock$/,
    );
    const lines = await container.sh("grep -v '^#' /opt/ai-dock/etc/environment.sh | tail -n 3");
    for (const stored of ["APP_BUILD_REF", "TOOL_VERSION", "EXTRA_VERSION"]) expect(lines).toContain(stored);
  });

  test("gap 6, build 5, run 16: variables of the image lead to its places", async () => {
    const { environment } = await ask(APPS.app);
    expect(environment).toMatchObject({
      APP_VENV: "/opt/environments/python/app",
      NOTEBOOK_VENV_PYTHON: "/opt/environments/python/notebook/bin/python",
      WORKSPACE: "/workspace/",
      WORKSPACE_MOUNTED: "true",
      IMAGE_SLUG: "desktop",
      OPT_SYNC: "App",
      TZ: "UTC",
      LC_ALL: "en_US.UTF-8",
      PYTHONUNBUFFERED: "true",
      SHELL: "/bin/bash",
    });
    expect(await container.sh("ls /opt/environments/python; ls -d /app /notebook 2>/dev/null || :")).toBe(
      "app\nnotebook\nserviceportal",
    );
  });

  test("gap 3, 4, 28, run 1, 2, 4: all programs run as the account, each as it is written", async () => {
    const names = ["app", "app_api", "notebook", "bus", "display"];
    const status = await container.sh("supervisorctl status; ps -eo user:20,args");
    for (const name of [...names, "relay"]) expect(status).toMatch(new RegExp(`^${name} +RUNNING`, "m"));
    for (const name of names)
      expect(status).toMatch(new RegExp(`^user .*supervisor-${name.replace("_", "-")}.sh`, "m"));
    for (const port of Object.values(APPS))
      expect(await ask(port)).toMatchObject({
        user: "user",
        environment: { USER: "user", HOME: "/home/user", USER_NAME: "user" },
      });
    expect((await ask(APPS.notebook)).cwd).toBe("/home/user");
    expect(await container.sh("id -u user; stat -c '%U %G' /home/user/Desktop /run/http_ports/8188")).toBe(
      "1234\nuser user\nuser ai-dock",
    );
    expect(await container.sh("readlink /home/user/Desktop/workspace")).toBe("/workspace/");
  });

  test("gap 11, 26, build 8, run 1: sudo without a password, USER_PASSWORD and USER_GROUPS", async () => {
    expect(await as("sudo -n id -u; id -Gn")).toMatch(/^0\nuser .*\bai-dock\b/);
    // The notebook and the desktop have called sudo.
    expect(await container.read("/usr/local/share/notebook.conf")).toBe("workspace=/workspace/\n");
    expect(await container.sh("stat -c %U /dev/input/js0; cat /home/user/.vnc/password-length")).toBe(
      "root\n12",
    );
    expect((await ask(APPS.app)).environment["USER_GROUPS"]).toMatch(/^users,.*,input,lpadmin$/);
    expect(await as("command -v gcc ffmpeg rsync dos2unix inotifywait | wc -l")).toBe("5");
  });

  test("gap 7, 8, 13, 14, run 6, 7: what layers have stored is in programs and in shells of the account", async () => {
    const stored = { APP_BUILD_REF: "v2.1", TOOL_VERSION: "3.1.4", EXTRA_VERSION: "1970.01" };
    expect((await ask(APPS.app)).environment).toMatchObject(stored);
    expect((await ask(APPS.notebook)).environment["VIRTUAL_ENV"]).toBe("/opt/environments/python/notebook");
    expect(await programLog("notebook")).toMatch(/^Now using /m);
    const shell =
      "source /opt/ai-dock/etc/environment.sh; source venv-set.sh app; type -t nvm; echo $TOOL_VERSION $APP_VENV_PIP";
    const expected = "function\n3.1.4 /opt/environments/python/app/bin/pip";
    expect(await as(shell)).toBe(expected);
    expect((await container.ssh(shell, { key, user: "user" })).stdout.trim()).toBe(expected);
  });

  test("gap 5, run 3: the app is behind a login, and nowhere else", async () => {
    const ip = await container.ip();
    const code = async (url: string) =>
      await must(["curl", "--noproxy", "*", "-s", "-o", "/dev/null", "-w", "%{http_code}", url]).catch(
        () => "none",
      );
    for (const port of Object.values(APPS)) {
      expect(await code(`http://${ip}:${port}/`)).toBe("401");
      expect(await code(`http://${ip}:${port + 10_000}/`)).toBe("none");
    }
  });

  test("gap 22, run 5: a template leads to a second port behind the same login", async () => {
    const api = await waitFor(
      async () => {
        const answer = await ask(APPS.app, "/ai-dock/api/docs");
        return answer.path === "/docs" && answer;
      },
      { what: "the route of the template", detail: () => container.logs() },
    );
    expect(api.environment["PROC_NAME"]).toBe("app_api");
    expect((await ask(APPS.app, "/other")).environment["PROC_NAME"]).toBe("app");
    const url = `http://${await container.ip()}:8188/ai-dock/api/docs`;
    expect(await must(["curl", "--noproxy", "*", "-s", "-o", "/dev/null", "-w", "%{http_code}", url])).toBe(
      "401",
    );
  });

  test("gap 16, 17, run 11, 12: the account provisions, and the app finds the models, later ones as well", async () => {
    await container.waitLog("provisioned by user with /opt/environments/python/app/bin/python");
    expect(await programLog("app")).toMatch(/^Models: base\.safetensors$/m);
    const models = "/opt/App/models";
    expect(
      await container.sh(
        "stat -c %U /workspace/storage/models/ckpt/base.safetensors /opt/App/custom_nodes/node",
      ),
    ).toBe("user\nuser");
    expect(
      await as(`cat ${models}/checkpoints/base.safetensors ${models}/loras/from-image.safetensors`),
    ).toBe("a large model\na small model");
    await as("echo later >/workspace/storage/models/lora/later.safetensors");
    await waitFor(async () => (await as(`cat ${models}/loras/later.safetensors`)) === "later", {
      what: "a link",
    });
  });

  test("gap 21, 27, run 14: addresses", async () => {
    expect(await programLog("relay")).toContain("Relay on <203.0.113.7>");
    expect(await as("external-ip-address.sh")).toBe("203.0.113.7");
    expect(await container.sh("direct-url.sh -p 8188 -l /x")).toBe("http://203.0.113.7:8188/x");
    for (const name of ["cfqt-url", "cfqt-url.sh", "cfnt-url", "cfnt-url.sh"])
      expect(await container.exec([name, "-p", "8188"])).toMatchObject({
        code: 1,
        stderr: expect.stringContaining("No address of that kind for port 8188") as string,
      });
  });

  test("gap 23, run 17: the app notes in timing_data when it has started", async () => {
    expect(await container.read("/var/log/timing_data")).toMatch(/^The App started: /m);
  });

  test("run 18: nothing listens to all but the login's ports and sshd", async () => {
    const open = await container.sh(
      "ss -Hltn | awk '{ print $4 }' | grep -v '^127\\.\\|^\\[::1\\]' | sed 's/.*://' | sort -nu",
    );
    expect(open.split("\n")).toEqual(["22", "1111", "6200", "8188", "8888"]);
  });

  test.serial(
    "gap 12, run 13: hooks export, store and write; KEY=VALUE, arguments from a file, supervisorctl, logtail",
    async () => {
      const { environment } = await ask(APPS.app);
      expect(environment).toMatchObject({
        BUS_SOCKET: "/tmp/runtime-user/bus-0",
        BUS_ADDRESS: "unix:path=/tmp/runtime-user/bus-0",
        SIZE_WIDTH: "1920",
        FROM_INIT: "a value",
      });
      expect(await programLog("app")).toMatch(/^Starting The App with: --greeting$/m);
      expect(await container.sh("echo --other >/etc/app_args.conf; supervisorctl restart app")).toBe(
        "app: stopped\napp: started",
      );
      await ask(APPS.app);
      expect(await container.sh("supervisorctl tail app")).toContain("Starting The App with: --other");
      await container.sh("timeout 60 grep -qm1 'Starting The App with: --greeting' < <(logtail.sh app)");
    },
  );

  test.serial("gap 4, run 4: an announcement goes with its program, and comes back", async () => {
    expect(JSON.parse(await container.read("/run/http_ports/8188"))).toEqual({
      listen_port: "18188",
      metrics_port: "28188",
      proxy_port: "8188",
      proxy_secure: "",
      service_name: "The App",
      service_url: "",
    });
    const ports = () => container.sh("ls /run/http_ports");
    await container.sh("supervisorctl stop app");
    expect(await ports()).toBe("6200\n8888");
    await container.sh("supervisorctl start app");
    await ask(APPS.app);
    expect(await ports()).toBe("6200\n8188\n8888");
  });

  test.serial(
    "gap 15, 18, 19, build 9, run 10: the app is on the volume, and the account's to change",
    async () => {
      expect(await container.sh("readlink /opt/App")).toBe("/workspace/App");
      expect((await ask(APPS.app)).cwd).toBe("/workspace/App");
      expect(
        await as(
          "cd /opt/App; mkdir output/today; touch main.py.new; git status --short; git describe --tags",
        ),
      ).toMatch(/^\?\? main\.py\.new\n[^]*^v2\.1$/m);
      expect(
        await as("cat /opt/App/custom_nodes/node/tag; umask 002; mkdir /opt/Second; stat -c %G /opt/Second"),
      ).toBe("v2.1\nai-dock");
      const sync =
        "venv-sync app; source venv-set.sh app; echo $APP_VENV; $APP_VENV_PYTHON -c 'import sys; print(sys.prefix)'";
      expect((await as(sync)).split("\n").slice(-2)).toEqual(
        Array(2).fill("/workspace/environments/python/app"),
      );
      await container.sh("rm -r /workspace/environments");
    },
  );

  test.serial("a second boot is like the first, and no command of all that was missing", async () => {
    const before = (await ask(APPS.app)).environment;
    await container.restart();
    await container.waitReady(BOOT);
    for (const port of Object.values(APPS)) await ask(port);
    expect((await ask(APPS.app)).environment).toEqual(before);
    expect(await container.sh("readlink /opt/App; ls /run/http_ports")).toBe(
      "/workspace/App\n6200\n8188\n8888",
    );
    expect(await as("cat /opt/App/models/checkpoints/base.safetensors")).toBe("a large model");
    expect(await container.logs()).not.toMatch(
      /command not found|Permission denied|ld\.so|setlocale|dubious|unbound/,
    );
    expect((await container.stop()).code).toBe(0);
  });
});

test("gap 9, run 8, 9: an app that starts early shows a page of its own until all is there; ssh and the portal answer", async () => {
  await using early = await boot({
    image,
    env: {
      SSH_PUBKEY: key.public,
      WEB_PASSWORD: PASSWORD,
      AI_DOCK_EARLY: "sshd,portal,app",
      HELD: "1",
      APP_ARGS: "-x",
    },
    files: { "/opt/ai-dock/bin/provisioning.sh": PROVISIONING },
  });
  await early.waitLog("app | Waiting for workspace sync...");
  const me = { key, user: "user" };
  await waitFor(async () => (await early.ssh("id -un", me)).stdout === "user\n", {
    what: "ssh",
    detail: () => early.logs(),
  });
  expect(
    (
      await early.ssh(
        "until pgrep -fx 'sleep infinity' >/dev/null; do sleep 0.1; done; cat /run/http_ports/8188",
        me,
      )
    ).stdout,
  ).toContain('"18188"');
  const portal = [
    "curl",
    "--noproxy",
    "*",
    "-sS",
    "-u",
    `user:${PASSWORD}`,
    `http://${await early.ip()}:1111/api/v1/state`,
  ];
  await waitFor(async () => (await must(portal)).includes('"phase":"booting"'), {
    what: "the portal",
    detail: () => must(portal),
  });
  expect(await early.logs()).not.toContain("provisioned by");
  await early.ssh("touch /tmp/go", me);
  await early.waitReady(BOOT);
  expect((await ask(APPS.app, "/", early)).environment["APP_BUILD_REF"]).toBe("v2.1");
  expect(await programLog("app", early)).toContain("Page while waiting: sleep infinity");
});

test("run 15, 17: serverless, a port that the cloud chooses, the token of its button, and an app that is kept as it is", async () => {
  const workspace = tempFolder();
  await using serverless = await boot({
    image,
    env: {
      SERVERLESS: "true",
      SUPERVISOR_NO_AUTOSTART: "cloudflared,sshd",
      OPEN_BUTTON_TOKEN: "of-the-button",
      APP_PORT_HOST: "70188",
      VAST_TCP_PORT_70188: "41188",
      AUTO_UPDATE: "true",
      APP_ARGS: "",
    },
    mounts: [`${workspace}:/workspace`],
  });
  await serverless.waitLog("notebook | Notebook is not for serverless containers");
  const url = `http://${await serverless.ip()}:41188/?token=of-the-button`;
  const argv = ["curl", "--noproxy", "*", "-sSfL", "-b", "", url];
  const answer = JSON.parse(
    await waitFor(async () => await must(argv), { what: url, detail: () => serverless.logs(), ...BOOT }),
  ) as Answer;
  expect(answer.environment).toMatchObject({ APP_PORT_HOST: "41188", WORKSPACE_PERMISSIONS: "true" });
  await serverless.waitLog("preflight | updated to v2.1");
  await serverless.sh("touch /workspace/.update_lock");
  await serverless.restart();
  await serverless.waitReady(BOOT);
  expect((await serverless.logs()).match(/updated to v2\.1/g)).toHaveLength(1);
});
