import { describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sshdConfig, testConfig, writeConfig } from "../../../src/features/ssh/config.ts";

const options = {
  port: 2222,
  hostKeys: ["/etc/ssh/ssh_host_ed25519_key", "/run/keys/ssh_host_ecdsa_key"],
  setEnv: undefined,
  hasPenalties: false,
  usePam: false,
};
const linesOf = (more: Partial<Parameters<typeof sshdConfig>[0]> = {}) =>
  sshdConfig({ ...options, ...more })
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"));

describe("sshdConfig()", () => {
  test("says everything once, since sshd heeds the first line of a keyword; but each host key", () => {
    const keywords = linesOf({ setEnv: 'SetEnv "A=b"', hasPenalties: true }).map(
      (line) => line.split(" ")[0],
    );
    expect(keywords.filter((word) => word === "HostKey")).toHaveLength(2);
    const others = keywords.filter((word) => word !== "HostKey");
    expect([...new Set(others)]).toEqual(others);
  });

  test("lets keys in and nothing else", () => {
    expect(linesOf()).toEqual(
      expect.arrayContaining([
        "Port 2222",
        "HostKey /run/keys/ssh_host_ecdsa_key",
        "AuthenticationMethods publickey",
        "PasswordAuthentication no",
        "KbdInteractiveAuthentication no",
        "PermitRootLogin prohibit-password",
        "UsePAM no",
      ]),
    );
  });

  test("has what only some versions or accounts need where that is so", () => {
    const penalties = "PerSourcePenaltyExemptList 127.0.0.0/8,::1";
    expect(linesOf()).not.toContain(penalties);
    expect(linesOf({ hasPenalties: true })).toContain(penalties);
    expect(linesOf({ usePam: true })).toContain("UsePAM yes");
    expect(linesOf().some((line) => line.startsWith("SetEnv"))).toBe(false);
    expect(linesOf({ setEnv: 'SetEnv "A=b"' })).toContain('SetEnv "A=b"');
    expect(linesOf().some((line) => line.startsWith("Match"))).toBe(false);
  });

  test("shows root's keys to the account alone, in a block at the end", () => {
    const lines = linesOf({ account: "me", setEnv: 'SetEnv "A=b"' });
    expect(lines.at(-2)).toBe("Match User me");
    expect(lines.at(-1)).toMatch(/^ {2}AuthorizedKeysFile \.ssh\/authorized_keys \/\S+\/account_keys$/);
  });
});

const { setEnv: _, ...rest } = options;

/** Stands in for the sshd of some version: `refuse` is a shell test of the configuration in $3. */
async function writeWith(action: typeof testConfig, refuse: string, env: Record<string, string>) {
  const folder = mkdtempSync(join(tmpdir(), "sshd-"));
  const [sshd, path] = [join(folder, "sshd"), join(folder, "sshd_config")];
  const complaint = "$3 line 22: Invalid environment: secret.";
  writeFileSync(sshd, `#!/bin/sh\nif ${refuse}; then echo "${complaint}" >&2; exit 255; fi\n`, {
    mode: 0o700,
  });
  const refusal = await action({ sshd, path, env, options: rest });
  return { refusal, path, text: readFileSync(path, "utf8"), mode: statSync(path).mode & 0o777 };
}

describe("testConfig()", () => {
  const write = (refuse: string, env: Record<string, string>) => writeWith(testConfig, refuse, env);

  test("keeps the environment where sshd accepts it", async () => {
    const { refusal, text, mode } = await write("false", { A: 'q "z"' });
    expect([refusal, mode]).toEqual([undefined, 0o600]);
    expect(text).toContain('\nSetEnv "A=q \\"z\\""\n');
  });

  test("leaves the environment out where sshd refuses it, and nothing else", async () => {
    const { refusal, text } = await write("grep -q SetEnv $3", { A: "a" });
    expect(refusal).toBeUndefined();
    expect(text).toBe(sshdConfig(options));
  });

  test("says what sshd refuses for another reason", async () => {
    const { refusal, path } = await write("true", { A: "a" });
    expect(refusal).toBe(`sshd refuses its configuration: ${path} line 22: Invalid environment: secret.`);
  });
});

describe("writeConfig()", () => {
  const write = (refuse: string, env: Record<string, string>) => writeWith(writeConfig, refuse, env);

  test("asks sshd about a value with a quote, which not every version takes", async () => {
    const { refusal, text } = await write(`grep -q '\\\\"' "$3"`, { A: 'q "z"', B: "b" });
    expect(refusal).toBeUndefined();
    expect(text).toBe(sshdConfig(options));
  });

  test("does not ask about others: that takes as long as a start of sshd", async () => {
    const { refusal, text, mode } = await write("true", { A: "q z", B: "'$b`#" });
    expect([refusal, mode]).toEqual([undefined, 0o600]);
    expect(text).toBe(sshdConfig({ ...options, setEnv: 'SetEnv "A=q z" "B=\'$b`#"' }));
  });
});
