import { describe, expect, test } from "bun:test";
import { boot, keypair, tempFolder, waitFor } from "./harness.ts";

/** Given to the container; the value that must arrive is the same unless the second one says otherwise. */
const values: Record<string, [given: string, expected?: string]> = {
  T_EMPTY: [""],
  T_JSON: ['{"a": "b c"}'],
  T_BASE64: ["abc="],
  T_QUOTES: [`a'b"c`],
  T_COMMAND: ["$(touch /tmp/executed)"],
  T_BACKTICKS: ["`touch /tmp/executed`"],
  T_LINES: ["first\nsecond line\n\n  fourth"],
  T_DOLLAR: ["$HOME ${PATH} $$ \\$x"],
  T_BACKSLASH: ["a\\b\\\\c\\n"],
  T_HASH: ["a # b ; c"],
  T_EQUALS: ["x=y=z"],
  T_UNICODE: ["grün 漢字 🚀"],
  T_SPACES: ["  two  "],
  T_GLOB: ["* ? [a-z] ~ !history"],
  T_UNDERSCORES: ["a___b", "a b"],
  T_WRAPPED: ['"wrapped"', "wrapped"],
  T_LONG: ["0123456789".repeat(500)],
};

const given = Object.fromEntries(Object.entries(values).map(([name, [value]]) => [name, value]));
const expected = Object.fromEntries(
  Object.entries(values).map(([name, [value, changed]]) => [name, changed ?? value]),
);

/** The variables of this test from what `env -0` printed. */
function parse(output: string): Record<string, string> {
  const entries = output.split("\0").flatMap((entry) => {
    const [, name, value] = /^(T_[A-Z0-9]+)=(.*)$/s.exec(entry) ?? [];
    return name === undefined || value === undefined ? [] : [[name, value] as const];
  });
  return Object.fromEntries(entries);
}

describe("the environment", () => {
  test("reaches programs, ssh sessions and shells byte for byte, and nothing in it is executed", async () => {
    const key = await keypair();
    const folder = tempFolder();
    await using container = await boot({
      env: { ...given, SSH_PUBKEY: key.public },
      mounts: [`${folder}:/out`],
      programs: {
        "show.conf":
          "[program:show]\ncommand=sh -c 'env -0 >/out/part; mv /out/part /out/program; sleep 600'\n",
      },
    });
    await container.waitReady();
    const ssh = async (command: string) => parse((await container.ssh(command, { key })).stdout);
    const exec = async (...argv: string[]) => parse((await container.exec(argv)).stdout);

    const shown = await waitFor(() => Bun.file(`${folder}/program`).text(), {
      what: "the environment of a program",
    });
    expect(parse(shown)).toEqual(expected);
    expect(await ssh("env -0")).toEqual(expected);
    expect(await ssh("bash -lc 'env -0'")).toEqual(expected);
    expect(await ssh("bash -ic 'env -0' 2>/dev/null")).toEqual(expected);
    expect(await exec("bash", "-ic", "env -0")).toEqual(expected);
    expect(await exec("bash", "-lc", "env -0")).toEqual(expected);
    expect(await exec("ai-dock", "shell", "--", "env", "-0")).toEqual(expected);
    expect(await container.sh("ls /tmp")).toBe("");
  });

  test("arguments of init.sh override it, and reach the same places", async () => {
    const key = await keypair();
    const override = "from the 'argument' $(id)";
    await using container = await boot({
      env: { T_JSON: "from the container", SSH_PUBKEY: key.public },
      args: [`T_JSON=${override}`, "T_NEW=new"],
    });
    await container.waitReady();
    const seen = parse((await container.ssh("env -0", { key })).stdout);
    expect(seen).toEqual({ T_JSON: override, T_NEW: "new" });
    const rows = JSON.parse(await container.sh("ai-dock env --all --json")) as {
      name: string;
      source: string;
    }[];
    expect(rows.find(({ name }) => name === "T_JSON")?.source).toBe("argument");
  });

  test("a value set on purpose for one shell is not overridden", async () => {
    await using container = await boot({ env: { T_JSON: "boot" } });
    await container.waitReady();
    expect(await container.sh("bash -ic 'T_JSON=mine bash -ic \"echo \\$T_JSON\"' 2>/dev/null")).toBe("mine");
  });

  test("secrets are in no readable file, no command line, no log and not in ai-dock env", async () => {
    const key = await keypair();
    const token = "s3cret-tunnel-token-0123456789";
    const file = tempFolder();
    await Bun.write(`${file}/pass`, "s3cret-rclone-pass-0123456789\n");
    await using container = await boot({
      env: {
        SSH_PUBKEY: key.public,
        HF_TOKEN: token,
        DEBUG: "true",
        RCLONE_CONFIG_PASS_FILE: "/run/secrets/pass",
        TS_AUTHKEY: "tskey-s3cret",
        LINK: "https://me:s3cret@s3cret@example.org/x.sh?token=s3cret",
      },
      mounts: [`${file}:/run/secrets:ro`],
      programs: { "p.conf": "[program:p]\ncommand=sleep 600\n" },
    });
    await container.waitReady();
    expect(await container.logs()).not.toContain("s3cret");
    expect(
      await container.sh("ai-dock env --all; ai-dock env --all --json; ai-dock status --json"),
    ).not.toContain("s3cret");
    const readable =
      "find / -xdev -type f -perm /o+r -not -path '/run/secrets/*' -size -2M -print0 | xargs -0 grep -ls s3cret || true";
    expect(await container.sh(readable)).toBe("");
    expect(await container.sh("cat /proc/[0-9]*/cmdline | tr '\\0' ' '")).not.toContain("s3cret");
    expect(
      parse((await container.ssh("env -0 | sed -z 's/^RCLONE_CONFIG_PASS=/T_PASS=/'", { key })).stdout),
    ).toEqual({
      T_PASS: "s3cret-rclone-pass-0123456789",
    });
    expect(await container.sh("stat -c '%a %n' /run/ai-dock/* | grep -v '^[67]00 ' || true")).toBe("");
  });
});
