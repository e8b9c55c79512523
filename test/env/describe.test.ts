import { generateKeyPairSync } from "node:crypto";
import { expect, test } from "bun:test";
import { describeEnvironment } from "../../src/env/describe.ts";
import { loadEnvironment } from "../../src/env/load.ts";
import { createRedactor } from "../../src/env/redact.ts";

test("describeEnvironment() shows neither secrets nor what URLs hold of them", () => {
  const given = {
    PROVISIONING_SCRIPT: "https://me:s3cret@example.org/x.sh?token=s3cret",
    TS_AUTHKEY: "s3cret",
    HTTP_PROXY: "http://me:s3cret@s3cret@proxy:3128",
    WORKSPACE: "/data/",
  };
  const rows = describeEnvironment(loadEnvironment([], given), true);
  expect(JSON.stringify(rows)).not.toContain("s3cret");
  const shown = Object.fromEntries(rows.map(({ name, value }) => [name, value]));
  expect(shown).toMatchObject({
    PROVISIONING_SCRIPT: "https://[redacted]@example.org/x.sh?[redacted]",
    HTTP_PROXY: "http://[redacted]@proxy:3128",
    WORKSPACE: "/data/",
  });
});

test("a secret that another variable repeats is not shown there either", () => {
  const given = { WEB_PASSWORD: "hunter22", COMFYUI_ARGS: "--port 1 --password=hunter22", OTHER: "hunter2" };
  const rows = describeEnvironment(loadEnvironment([], given), true);
  const shown = Object.fromEntries(rows.map(({ name, value }) => [name, value]));
  expect(shown).toMatchObject({
    WEB_PASSWORD: "[redacted]",
    COMFYUI_ARGS: "--port 1 --password=[redacted]",
    OTHER: "hunter2",
  });
});

test("a private key that was taken for the public one is shown nowhere", () => {
  const pem = generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" });
  const oneLine = pem.replaceAll("\n", " ").trim();
  const loaded = loadEnvironment([], { SSH_PUBKEY: pem, PUBLIC_KEY: oneLine, DEPLOY: pem });
  const secret = pem.split("\n")[1] ?? "";
  expect(secret).not.toBe("");
  const rows = describeEnvironment(loaded, true);
  expect(JSON.stringify(rows)).not.toContain(secret);
  expect(rows.find(({ name }) => name === "SSH_PUBKEY")?.value).toBe("[redacted]");
  const redact = createRedactor(loaded.env);
  expect(redact(`got "${pem.trim()}" and ${oneLine}`)).not.toContain(secret);
});

test("a list that is a default is shown as it would be given", () => {
  const rows = describeEnvironment(loadEnvironment([], {}), false);
  expect(rows.find(({ name }) => name === "AI_DOCK_LOG_CONTAINER")?.value).toBe("all");
});
