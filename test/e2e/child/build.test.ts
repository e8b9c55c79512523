import { describe, expect, test } from "bun:test";
import { chmodSync, chownSync, mkdirSync } from "node:fs";
import { tempFolder, waitFor } from "../harness.ts";
import { bootChild } from "./_child.ts";

const BASE_PATH = /^\/opt\/nvm\/bin:\/opt\/ai-dock\/bin:\/opt\/micromamba\/bin:/;

/** What the program of the child printed, by name; it is the last thing that it does. */
async function said(container: Awaited<ReturnType<typeof bootChild>>): Promise<Record<string, string>> {
  const log = await waitFor(
    async () => {
      const text = await container.read("/var/log/supervisor/app.log").catch(() => "");
      return /^token=/m.test(text) && text;
    },
    { what: "the program of the child to say what it has", detail: () => container.logs() },
  );
  return Object.fromEntries([...log.matchAll(/^(\w+)[=:] ?(.*)$/gm)].map(([, name, value]) => [name, value]));
}

describe("a layer that sources environment.sh while it is built", () => {
  test("builds: env-store, lines of its own, venv-set, and the next layer has what it stored", async () => {
    await using container = await bootChild("build");
    expect((await container.read("/var/log/build.log")).trim().split("\n")).toEqual([
      expect.stringMatching(/^\/opt: \d+ changed$/) as string,
      expect.stringMatching(/^\/etc: \d+ changed$/) as string,
      expect.stringMatching(/^\/root: \d+ changed$/) as string,
      "node default for root",
      "layer1: v1.2 it's $(id)",
    ]);
  });

  test("has its values and functions in a program of the account, at each boot", async () => {
    await using container = await bootChild("build", {
      env: { USER_NAME: "tester", APP_TOKEN: "secret of the test" },
    });
    for (const when of ["first", "again"]) {
      await container.waitReady();
      expect(await said(container)).toMatchObject({
        placeholder: expect.stringContaining("sleep infinity") as string,
        ref: "v1.2 it's $(id)",
        version: "1.6",
        path: expect.stringMatching(BASE_PATH) as string,
        lib: "/usr/lib/app:/opt/app/lib",
        python: "/opt/environments/python/app/bin/python",
        args: "--port 1 and the export that comes later",
        kept: "it's kept",
        node: "node hook for root",
        token: "secret of the test",
      });
      expect(await container.read("/var/log/supervisor/app.log")).toContain("node default for tester");
      // Neither hooks nor boots write to the image's file.
      expect([when, await container.sh("tail -n 1 /opt/ai-dock/etc/environment.sh")]).toEqual([when, ":"]);
      if (when === "first") {
        await container.sh("rm /var/log/supervisor/app.log");
        await container.restart();
      }
    }
    expect(await container.logs()).not.toMatch(/Permission denied|not found|No such file/);
  });

  test("gives way to what the container is started with", async () => {
    await using container = await bootChild("build", {
      env: { USER_NAME: "tester", APP_BUILD_REF: "mine", APP_VERSION: "latest", LD_LIBRARY_PATH: "/mine" },
    });
    await container.waitReady();
    // The image's own ENV says `latest`, too: the layer has put a version in its place.
    expect(await said(container)).toMatchObject({ ref: "mine", version: "1.6", lib: "/mine:/opt/app/lib" });
  });

  test("has them with a root that is read-only, too", async () => {
    await using container = await bootChild("build", {
      env: { USER_NAME: "tester", APP_BUILD_REF: "mine" },
      readOnly: true,
      tmpfs: ["/run", "/tmp", "/var/log/supervisor", "/workspace"],
    });
    await container.waitReady();
    expect(await said(container)).toMatchObject({ ref: "mine", version: "1.6", kept: "it's kept" });
  });
});

describe("fix-permissions", () => {
  test("at the end of a layer opens apps to the account, and nothing that root runs", async () => {
    await using container = await bootChild("build", { env: { USER_NAME: "tester" } });
    await container.waitReady();
    const open = "cd /opt/app/src && echo more >>main.py && mkdir new && rm main.py";
    await container.sh(`umask 002; ${open}; mkdir /opt/second`, { user: "tester" });
    expect(await container.sh("stat -c '%G %a' /opt/app/src/new /opt/second")).toBe(
      "ai-dock 2775\nai-dock 2775",
    );
    for (const closed of [
      "touch /opt/ai-dock/bin/x",
      "mv /opt/ai-dock /opt/y",
      "echo >>/opt/ai-dock/etc/environment.sh",
      "touch /etc/supervisor/supervisord/conf.d/x.conf",
    ])
      expect([closed, (await container.exec(["bash", "-c", closed], { user: "tester" })).code]).toEqual([
        closed,
        1,
      ]);
    expect(await container.sh("stat -c %G /etc/passwd")).toBe("root");
    expect(await container.exec(["fix-permissions"], { user: "tester" })).toMatchObject({ code: 1 });
  });

  test("gives a mounted workspace to its owner", async () => {
    const workspace = tempFolder();
    mkdirSync(`${workspace}/models`);
    chownSync(workspace, 1234, 2345);
    chmodSync(workspace, 0o755);
    await using container = await bootChild("build", { mounts: [`${workspace}:/workspace`] });
    await container.waitReady();
    expect(await container.sh("fix-permissions -o workspace")).toMatch(/^\/workspace: \d+ changed$/);
    expect(await container.sh("stat -c '%u %g %a' /workspace /workspace/models")).toBe(
      "1234 2345 2775\n1234 2345 2775",
    );
  });
});

test("ready-test says what is still to be done", async () => {
  await using container = await bootChild("build");
  await container.waitReady();
  expect(await container.exec(["ready-test.sh"])).toEqual({ stdout: "", stderr: "", code: 0 });
  await container.sh("touch /run/workspace_sync");
  const { stdout, code } = await container.exec(["ready-test"], { user: "nobody" });
  expect(code).toBe(1);
  expect(stdout).toMatch(/^The container is not ready:\n- Apps are being moved/);
});

describe("env-store in a container", () => {
  test("reaches programs and shells that start from then on, not the image, and is root's", async () => {
    await using container = await bootChild("build", { env: { USER_NAME: "tester" } });
    await container.waitReady();
    await container.sh("APP_VERSION=now env-store APP_VERSION");
    expect(await container.sh("ai-dock shell -- printenv APP_VERSION")).toBe("now");
    expect(await container.sh("bash -ic 'echo $APP_VERSION' 2>/dev/null")).toBe("now");
    await container.sh("rm /var/log/supervisor/app.log; supervisorctl restart app");
    expect(await said(container)).toMatchObject({ version: "now" });
    const refused = await container.exec(["env-store", "APP_VERSION"], { user: "tester" });
    expect(refused).toMatchObject({ code: 4, stdout: "" });
    expect(refused.stderr).toContain("may be used by root only");
    await container.restart();
    await container.waitReady();
    expect(await container.sh("ai-dock shell -- printenv APP_VERSION")).toBe("1.6");
  });
});
