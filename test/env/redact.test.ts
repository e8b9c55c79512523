import { expect, test } from "bun:test";
import { createRedactor, isSecretName, redactUrls } from "../../src/env/redact.ts";

test.each([
  "CF_TUNNEL_TOKEN",
  "HF_TOKEN",
  "RCLONE_CONFIG_PASS",
  "RCLONE_CONFIG_S3_SECRET_ACCESS_KEY",
  "WEB_PASSWORD",
])("%s is secret", (name) => expect(isSecretName(name)).toBe(true));

test.each(["SSH_PUBKEY", "PUBLIC_KEY", "SSH_PUBLIC_KEY", "PATH", "SSH_PORT", "CF_TUNNEL_TOKEN_FILE"])(
  "%s is not secret",
  (name) => expect(isSecretName(name)).toBe(false),
);

test("createRedactor() hides every secret value, the longest first", () => {
  const redact = createRedactor({ A_TOKEN: "abcdef", B_TOKEN: "abcdefgh", NAME: "visible", C_TOKEN: "no" });
  expect(redact("abcdefgh abcdef visible no")).toBe("[redacted] [redacted] visible no");
});

test("redactUrls() hides credentials in URLs", () => {
  expect(redactUrls("get https://me:pw@example.org/x")).toBe("get https://[redacted]@example.org/x");
  expect(redactUrls("mail me@example.org")).toBe("mail me@example.org");
});
