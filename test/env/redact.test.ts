import { expect, test } from "bun:test";
import { createRedactor, isSecretName, redactUrls } from "../../src/env/redact.ts";

test.each([
  "CF_TUNNEL_TOKEN",
  "HF_TOKEN",
  "RCLONE_CONFIG_PASS",
  "RCLONE_CONFIG_S3_SECRET_ACCESS_KEY",
  "WEB_PASSWORD",
  "TS_AUTHKEY",
  "TAILSCALE_AUTH_KEY",
  "MYSQL_PWD",
  "WEB_PW",
  "GHCR_PAT",
  "RCLONE_CONFIG_AZ_SAS_URL",
  "RCLONE_CONFIG_FAR_KEY_PEM",
  "RCLONE_CONFIG_STORJ_ACCESS_GRANT",
  "RCLONE_CONFIG_S3_SSE_CUSTOMER_KEY_BASE64",
  "RCLONE_CONFIG_WEB_HEADERS",
  "AZURE_STORAGE_CONNECTION_STRING",
  "SQLAZURECONNSTR_MAIN",
  "MINIO_ACCESSKEY",
  "GOOGLE_SERVICE_ACCOUNT_JSON",
  "DOCKER_AUTH_CONFIG",
  "REDISCLI_AUTH",
  "SLACK_WEBHOOK_URL",
  "NATS_CREDS",
])("%s is secret", (name) => expect(isSecretName(name)).toBe(true));

test.each([
  "SSH_PUBKEY",
  "PUBLIC_KEY",
  "SSH_PUBLIC_KEY",
  "PATH",
  "SSH_PORT",
  "CF_TUNNEL_TOKEN_FILE",
  "PWD",
  "OLDPWD",
  "KEYBOARD",
  "LD_LIBRARY_PATH",
  "SSH_KEY_PATH",
  "PAT_TERN",
  "XPU_TARGET",
  "WEB_ENABLE_AUTH",
  "TOKENIZERS_PARALLELISM",
  "GOOGLE_SERVICE_ACCOUNT_FILE",
  "DISABLE_WEBHOOKS",
])("%s is not secret", (name) => expect(isSecretName(name)).toBe(false));

test("createRedactor() hides every secret value, the longest first", () => {
  const redact = createRedactor({ A_TOKEN: "abcdef", B_TOKEN: "abcdefgh", NAME: "visible", C_TOKEN: "no" });
  expect(redact("abcdefgh abcdef visible no")).toBe("[redacted] [redacted] visible no");
});

test("redactUrls() hides credentials in URLs", () => {
  expect(redactUrls("get https://me:pw@example.org/x")).toBe("get https://[redacted]@example.org/x");
  expect(redactUrls("mail me@example.org")).toBe("mail me@example.org");
});

test.each([
  ["redis://user:p@ss@host:6379/0", "redis://[redacted]@host:6379/0"],
  ["socks5://it's:p\"w@host", "socks5://[redacted]@host"],
  ["https://example.org/x.sh?token=GHSAT0", "https://example.org/x.sh?[redacted]"],
  ["https://me:pw@example.org?a=b&c='d'#e", "https://[redacted]@example.org?[redacted]"],
  ["a://u:p@h/?q b://v:q@i/?r", "a://[redacted]@h/?[redacted] b://[redacted]@i/?[redacted]"],
  ['{"a":"https://h/?q","b":"me@example.org"}', '{"a":"https://h/?[redacted]","b":"me@example.org"}'],
  ["https://example.org/@scope/name#part", "https://example.org/@scope/name#part"],
  ["https://example.org/?", "https://example.org/?"],
  ["what? http://example.org", "what? http://example.org"],
])("redactUrls() makes %p %p", (text, expected) => expect(redactUrls(text)).toBe(expected));
