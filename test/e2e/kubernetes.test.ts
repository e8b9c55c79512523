import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { container, pod as manifest, settings } from "../image/_kubernetes.ts";
import { boot, keypair, tempFolder, waitFor } from "./harness.ts";

const readiness = container.readinessProbe.exec.command;
const liveness = container.livenessProbe.exec.command;

const TOKEN = "s3cret-tunnel-token-0123456789";

/** A container with the environment and the mounts of the manifest, on folders in place of its volumes. */
function pods(env: Record<string, string>) {
  const folders = new Map<string, string>();
  const mounts = container.volumeMounts.map(({ name, mountPath, subPath, readOnly }) => {
    const key = `${name}/${subPath ?? ""}`;
    const folder = folders.get(key) ?? tempFolder();
    folders.set(key, folder);
    if (name === "secret") writeFileSync(`${folder}/cf-tunnel-token`, TOKEN, { mode: 0o400 });
    return `${folder}:${mountPath}${readOnly ? ":ro" : ""}`;
  });
  const given = Object.fromEntries(container.env.map(({ name, value }) => [name, value]));
  return () => boot({ mounts, env: { ...settings.data, ...given, AI_DOCK_DISABLE: "cloudflared", ...env } });
}

test("a pod has its secret from a file, and its successor the same host keys and workspace", async () => {
  const key = await keypair();
  const next = pods({ SSH_PUBKEY: key.public });
  const identity = "cat /etc/ssh/ssh_host_ed25519_key.pub";
  let before = "";
  {
    await using pod = await next();
    await pod.waitReady();
    before = await pod.sh(identity);
    await pod.sh("echo kept >/workspace/file");
    expect((await pod.ssh("printenv CF_TUNNEL_TOKEN", { key })).stdout).toBe(`${TOKEN}\n`);
    expect(await pod.sh("ai-dock env --json")).not.toContain(TOKEN);
    const { ms } = await pod.stop(manifest.terminationGracePeriodSeconds);
    expect(ms).toBeLessThan(Number(settings.data["AI_DOCK_STOP_TIMEOUT"]) * 1000);
  }
  await using pod = await next();
  await pod.waitReady();
  expect(await pod.sh(identity)).toBe(before);
  expect(await pod.read("/workspace/file")).toBe("kept\n");
});

test("it is live at once, and ready when provisioning is over and every program is up", async () => {
  const folder = tempFolder();
  const key = await keypair();
  const script = `${folder}/provisioning.sh`;
  writeFileSync(script, "#!/bin/bash\necho waiting\nuntil [ -e /gate/open ]; do sleep 0.05; done\n");
  await using pod = await boot({
    mounts: [`${folder}:/gate`],
    env: { PROVISIONING_SCRIPT: "/gate/provisioning.sh", SSH_PUBKEY: key.public },
  });
  await pod.waitLog("provisioning | waiting");
  expect((await pod.exec(readiness)).code).not.toBe(0);
  expect((await pod.exec(liveness)).code).toBe(0);
  writeFileSync(`${folder}/open`, "");
  await waitFor(async () => (await pod.exec(readiness)).code === 0, { what: "the probe to succeed" });
  await pod.sh("rm /usr/sbin/sshd && ai-dock signal KILL sshd");
  await waitFor(async () => (await pod.exec(readiness)).code === 1, { what: "a dead program to be noticed" });
  expect((await pod.exec(liveness)).code).toBe(0);
});
