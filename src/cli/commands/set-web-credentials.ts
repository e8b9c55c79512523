import { defineCommand } from "citty";
import { control } from "../../control/client.ts";
import { ExitCode } from "../../errors.ts";
import { type Command, usageError } from "../command.ts";
import { print } from "../print.ts";

const NAME = "set-web-credentials";

/** Sets the web login; a password of `-` comes from standard input, where `ps` does not show it. */
const command: Command = {
  definition: defineCommand({
    meta: { name: NAME, description: "Set user and password of the web login; sessions end", hidden: true },
    args: {
      user: { type: "positional", required: false, description: "User name" },
      password: {
        type: "positional",
        required: false,
        description: "Password; - reads it from standard input",
      },
    },
  }),
  async run({ _: words }: { _: string[] }) {
    const [user = "", word = "", ...others] = words;
    const password = word === "-" ? (await Bun.stdin.text()).replace(/\r?\n$/, "") : word;
    if (user === "" || user.includes(":") || password === "" || others.length > 0)
      throw usageError(NAME, "expected a user without colon and a password");
    await control.setWebCredentials(user, password);
    print(`The web login is ${user} with the new password; sessions of before have ended`);
    return ExitCode.ok;
  },
};

export default command;
