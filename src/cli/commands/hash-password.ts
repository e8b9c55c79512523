import { defineCommand } from "citty";
import { ExitCode } from "../../errors.ts";
import { type Command, usageError } from "../command.ts";
import { print } from "../print.ts";

const NAME = "hash-password";
/** bcrypt ignores what comes after; a hash of less than the whole password would pass as one of it. */
const LONGEST_BYTES = 72;

const command: Command = {
  definition: defineCommand({
    meta: { name: NAME, hidden: true, description: "Print the bcrypt hash of a password" },
    args: {
      password: {
        type: "string",
        alias: "p",
        description:
          "The password; without it, or as -, it is read from standard input, where ps does not show it",
      },
      rounds: {
        type: "string",
        alias: "r",
        description: "Binary logarithm of the rounds, 4 to 31; without it 12",
      },
    },
  }),
  async run({ password = "-", rounds = "12" }: { password?: string; rounds?: string }) {
    const cost = /^\d{1,2}$/.test(rounds) ? Number(rounds) : 0;
    if (cost < 4 || cost > 31)
      throw usageError(NAME, `--rounds: expected 4 to 31, got ${JSON.stringify(rounds)}`);
    const text = password === "-" ? (await Bun.stdin.text()).replace(/\r?\n$/, "") : password;
    const bytes = Buffer.byteLength(text);
    if (bytes === 0 || bytes > LONGEST_BYTES || text.includes("\0"))
      throw usageError(NAME, `Expected a password of 1 to ${LONGEST_BYTES} bytes, got ${bytes}`);
    print(await Bun.password.hash(text, { algorithm: "bcrypt", cost }));
    return ExitCode.ok;
  },
};

export default command;
