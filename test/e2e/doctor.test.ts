import { expect, test } from "bun:test";
import { boot, type BootOptions, type Container, keypair } from "./harness.ts";

interface Finding {
  name: string;
  status: "ok" | "warning" | "error";
  message: string;
  fix?: string;
}

async function doctor(container: Container): Promise<{ code: number; findings: Record<string, Finding> }> {
  const { stdout, code } = await container.exec(["ai-dock", "doctor", "--json"]);
  const findings = JSON.parse(stdout) as Finding[];
  return { code, findings: Object.fromEntries(findings.map((finding) => [finding.name, finding])) };
}

async function examine(options: BootOptions) {
  await using container = await boot(options);
  await container.waitLog(/init ready[ ,]/);
  return { ...(await doctor(container)), text: await container.exec(["ai-dock", "doctor"]) };
}

test("a container as it comes: warnings with their fixes, and exit code 0", async () => {
  const { code, findings, text } = await examine({});
  expect(findings["ssh keys"]).toMatchObject({
    status: "warning",
    fix: expect.stringContaining("SSH_PUBKEY"),
  });
  expect(findings["capability SYS_ADMIN"]).toMatchObject({
    status: "warning",
    fix: expect.stringContaining("--cap-add SYS_ADMIN"),
  });
  expect(findings["/dev/fuse"]).toMatchObject({ status: "warning", fix: "docker run --device /dev/fuse" });
  expect(findings["workspace"]).toMatchObject({ status: "warning", fix: "docker run -v VOLUME:/workspace/" });
  expect(findings["shared memory"]!.status).toBe("warning");
  expect(findings["supervisor"]!.status).toBe("ok");
  expect(code).toBe(0);
  expect(text.stdout).toMatch(/^warning {2}ssh keys .*no valid public key/m);
  expect(text.stdout).toMatch(/^ +→ docker run --device \/dev\/fuse$/m);
});

test("a reader that has seen enough ends it without a word", async () => {
  await using container = await boot();
  await container.waitReady();
  const { stdout, stderr } = await container.exec([
    "bash",
    "-c",
    "ai-dock doctor | head -n 1; ai-dock env --json | true",
  ]);
  expect(stdout.split("\n")).toHaveLength(2);
  expect(stderr).toBe("");
});

test("what is wanted and missing is an error", async () => {
  const broken =
    "[program:broken]\ncommand=/nope\nstartretries=0\n[program:odd]\ncommand=true\nstartsecs=soon\n";
  const { code, findings } = await examine({
    env: {
      XPU_TARGET: "NVIDIA_GPU",
      RCLONE_CONFIG_FAR_TYPE: "memory",
      SSH_PORT: "abc",
      CF_TUNNEL_TOKEN: "secret-token",
    },
    programs: { "broken.conf": broken },
  });
  for (const name of [
    "supervisor",
    "environment",
    "drop-ins",
    "gpu",
    "capability SYS_ADMIN",
    "cloudflared",
    "dns",
  ])
    expect([name, findings[name]?.status]).toEqual([name, "error"]);
  expect(findings["supervisor"]!.message).toContain("broken");
  expect(JSON.stringify(findings)).not.toContain("secret-token");
  expect(code).toBe(1);
});

test("with all that is needed there is nothing to mend for ssh, workspace and mounts", async () => {
  const key = await keypair();
  const { findings } = await examine({
    env: { SSH_PUBKEY: key.public },
    capAdd: ["SYS_ADMIN"],
    devices: ["/dev/fuse"],
    more: ["--shm-size", "2g", "--volume", "/workspace"],
  });
  for (const name of [
    "ssh keys",
    "port 22",
    "capability SYS_ADMIN",
    "/dev/fuse",
    "workspace",
    "shared memory",
  ])
    expect([name, findings[name]?.status]).toEqual([name, "ok"]);
});

test("a provider's sshd on our port is named, with the way out", async () => {
  const listener = "Bun.listen({ hostname: '0.0.0.0', port: 22, socket: { data() {} } })";
  const provider = `[program:provider]\ncommand=bun -e "${listener}"\nready=tcp:22\n`;
  await using container = await boot({ fixtures: true, programs: { "provider.conf": provider } });
  await container.waitReady();
  const { findings } = await doctor(container);
  expect(findings["port 22"]).toMatchObject({ status: "error", fix: "set SSH_PORT to a free port" });
});
