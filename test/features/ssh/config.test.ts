import { describe, expect, test } from "bun:test";
import { sshdConfig } from "../../../src/features/ssh/config.ts";

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
  });
});
