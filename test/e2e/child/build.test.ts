import { describe, expect, test } from "bun:test";
import { waitFor } from "../harness.ts";
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
