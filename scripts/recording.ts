#!/usr/bin/env bun
// Renews docs/boot.svg, the picture in the README: builds examples/child-image on the image in AI_DOCK_TEST_IMAGE
// (default ai-dock:test), runs the commands that the picture shows, and draws what they print. Needs a Docker engine.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { terminalSvg } from "./lib/terminal-svg.ts";

const IMAGE = process.env["AI_DOCK_TEST_IMAGE"] ?? "ai-dock:test";
const ROOT = join(import.meta.dir, "..");
const home = mkdtempSync(join(tmpdir(), "recording-"));

/** The configuration of docker, with its plugins, stays where it is. */
const docker = process.env["DOCKER_CONFIG"] ?? join(process.env["HOME"] ?? "/root", ".docker");

/** Runs a line of bash as a user whose home is `home`; its output. */
async function shell(line: string): Promise<string> {
  const child = Bun.spawn(["bash", "-c", line], {
    env: { ...process.env, HOME: home, DOCKER_CONFIG: docker },
    stdout: "pipe",
    stderr: "pipe",
  });
  const [stdout, stderr, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  if (code !== 0) throw new Error(`"${line}" ended with ${code}: ${stderr}`);
  return stdout + stderr;
}

const shown = [
  'docker run -d --name box -p 2222:22 -e SSH_PUBKEY="$(cat ~/.ssh/id_ed25519.pub)" -v data:/workspace my-app',
  "docker logs box",
  "docker exec -t box ai-dock status",
];

const base = `ghcr.io/ai-dock/base-image:cpu-24.04=docker-image://${IMAGE}`;
await shell(`docker build --quiet --tag my-app --build-context ${base} ${ROOT}/examples/child-image`);
await shell("mkdir ~/.ssh && ssh-keygen -q -t ed25519 -N '' -C you -f ~/.ssh/id_ed25519");
try {
  const [run = "", ...others] = shown;
  const id = (await shell(run)).trim();
  await shell(
    "until docker exec box ai-dock health; do sleep 0.1; done; until docker logs box | grep -q ' ready '; do sleep 0.1; done",
  );
  const parts = [`\u001B[1m$ ${run}\u001B[0m\n${id.slice(0, 12)}`];
  for (const line of others) parts.push(`\u001B[1m$ ${line}\u001B[0m\n${(await shell(line)).trimEnd()}`);
  const title = "A boot and ai-dock status, as a terminal shows them";
  await Bun.write(join(ROOT, "docs/boot.svg"), terminalSvg(parts.join("\n\n"), title));
} finally {
  await shell("docker rm --force --volumes box && docker volume rm --force data && docker rmi my-app").catch(
    console.error,
  );
  rmSync(home, { recursive: true });
}
