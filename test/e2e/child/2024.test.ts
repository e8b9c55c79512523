import { describe, expect, test } from "bun:test";
import { waitFor } from "../harness.ts";
import { bootChild, environmentOfApp } from "./_child.ts";

describe("a child image of 2024", () => {
  test("sources the hooks of preflight.d in order, and what they export reaches programs and shells", async () => {
    await using container = await bootChild("2024");
    const exported = { APP_FLAGS: "--port 18188 --greeting 'hello there'", APP_ORDER: "after 10-app.sh" };
    expect(await environmentOfApp(container, "2024")).toMatchObject({
      ...exported,
      IMAGE_SLUG: "app",
      OPT_SYNC: "app",
      WORKSPACE: "/workspace/",
    });
    const shell = await container.sh("source /opt/ai-dock/etc/environment.sh; printf '%s' \"$APP_FLAGS\"");
    expect(shell).toBe(exported.APP_FLAGS);
    expect(await container.sh("stat -c %a /opt/ai-dock/bin/preflight.d/10-app.sh")).toBe("644");
  });

  test("was built in layers, with scripts of its own", async () => {
    await using container = await bootChild("2024");
    expect(await container.read("/var/log/build.log")).toContain("layer0 for CPU\nlayer1 for CPU");
  });

  test("publishes its port, and takes that back when the app stops", async () => {
    await using container = await bootChild("2024", {
      env: { APP_PORT_HOST: "8300", APP_URL: "https://example.org/app" },
    });
    await environmentOfApp(container, "2024");
    expect(JSON.parse(await container.read("/run/http_ports/8300"))).toEqual({
      listen_port: "18188",
      metrics_port: "28188",
      proxy_port: "8300",
      proxy_secure: "true",
      service_name: "App",
      service_url: "https://example.org/app",
    });
    const ports = () => container.sh("ls /run/http_ports");
    expect(await container.sh("supervisorctl stop app")).toBe("app: stopped");
    expect(await ports()).toBe("");
    expect(await container.sh("supervisorctl start app")).toBe("app: started");
    // It counts as started after a second, in which a script on a busy machine may not have come that far.
    await waitFor(async () => (await ports()) === "8300", { what: "the announcement", detail: ports });
    await waitFor(
      async () => (await container.sh("supervisorctl tail app")).includes("listening on port 18188"),
      { what: "the app's own word in supervisorctl tail" },
    );
  });

  test("has no error in its log, and comes up again after a restart", async () => {
    await using container = await bootChild("2024");
    await container.waitReady();
    await container.restart();
    await container.waitReady();
    await environmentOfApp(container, "2024");
    expect(await container.logs()).not.toMatch(/No such file|not found| error /);
    expect((await container.stop()).code).toBe(0);
  });
});
