import { defineCommand } from "citty";
import { control } from "../../control/client.ts";
import { IDENTIFIER } from "../../env/session.ts";
import { AiDockError, ExitCode } from "../../errors.ts";
import { writeShellEnvironment } from "../../features/shell/step.ts";
import { storeInImage } from "../../features/shell/store.ts";
import { isInitRunning } from "../../init/second-init.ts";
import { type Command, usageError } from "../command.ts";
import { note } from "../print.ts";

const NAME = "env-store";

const command: Command = {
  definition: defineCommand({
    meta: {
      name: NAME,
      hidden: true,
      description:
        "Keep exported variables: in the image while it is built, else for programs and shells that start from now on",
    },
    args: {
      key: { type: "positional", required: false, description: "Name of a variable; several by space" },
    },
  }),
  async run({ _: names }: { _: string[] }) {
    const wrong = names.find((name) => !IDENTIFIER.test(name));
    if (names.length === 0 || wrong !== undefined)
      throw usageError(NAME, `Expected names of variables, got ${JSON.stringify(wrong ?? "")}`);
    const missing = names.find((name) => process.env[name] === undefined);
    if (missing !== undefined)
      throw new AiDockError(`Cannot store ${missing}: expected an exported variable, got none of that name`);
    const variables = Object.fromEntries(names.map((name) => [name, process.env[name] ?? ""]));
    if (await isInitRunning()) {
      const { env } = await control.changeEnvironment({ set: variables, unset: [] });
      writeShellEnvironment({ env, log: { warn: note } });
    } else storeInImage(variables);
    return ExitCode.ok;
  },
};

export default command;
