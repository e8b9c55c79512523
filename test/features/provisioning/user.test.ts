import { describe, expect, test } from "bun:test";
import { provisioningUser } from "../../../src/features/provisioning/user.ts";
import { bootContext } from "../context-fixture.ts";
import { machine } from "./fixture.ts";

const who = (value?: string, env: Record<string, string> = {}) =>
  provisioningUser(bootContext(value === undefined ? {} : { PROVISIONING_USER: value }, env))?.name;

describe.skipIf(process.getuid?.() !== 0)("PROVISIONING_USER", () => {
  test("is root by default, by name and by number", () => {
    expect([who(), who("root"), who("0")]).toEqual([undefined, undefined, undefined]);
    expect(who("nobody")).toBe("nobody");
    expect(who("1")).toBe("daemon");
  });

  test("a compat image without an account says so, and root runs the script", () => {
    const context = bootContext({}, { AI_DOCK_FLAVOUR: "compat", USER_NAME: "nosuchuser" });
    expect(provisioningUser(context)).toBeUndefined();
    expect(context.lines).toEqual(["warn PROVISIONING_USER: expected an account, got none; root provisions"]);
  });

  test.each(["nosuchuser", "$USER_NAME", "${USER_NAME}"])(
    "%s, where there is none, runs nothing",
    async (user) => {
      const { boot, write } = machine();
      write("echo ran\n");
      const { message, output } = await boot(
        { PROVISIONING_USER: user },
        { env: { USER_NAME: "nosuchuser" } },
      );
      expect(message).toBe(
        `PROVISIONING_USER: expected root, $USER_NAME or a user of /etc/passwd, got "${user}"; nothing is run`,
      );
      expect(output).toBeUndefined();
    },
  );

  test("runs the script of root's as that user", async () => {
    const { boot, write } = machine();
    write("id -un; export FROM_USER=1\n");
    const { message, output, env } = await boot({ PROVISIONING_USER: "nobody" });
    expect(message).toBe("Provisioning done");
    expect(output).toBe("nobody\n");
    expect(env["FROM_USER"]).toBeUndefined();
  });
});
