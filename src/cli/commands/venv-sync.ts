import { defineCommand } from "citty";
import { ExitCode } from "../../errors.ts";
import { syncVenv } from "../../features/venv/sync.ts";
import { bootEnvironment } from "../boot-environment.ts";
import { type Command, usageError } from "../command.ts";
import { print } from "../print.ts";

const NAME = "venv-sync";

const command: Command = {
  definition: defineCommand({
    meta: {
      name: NAME,
      hidden: true,
      description: "Copy a Python environment of the image to the workspace, where venv-set finds it first",
    },
    args: { name: { type: "positional", required: false, description: "Name of the environment" } },
  }),
  async run({ _: [name = "", ...others] }: { _: string[] }) {
    if (!/^\w[\w.+-]*$/.test(name) || others.length > 0)
      throw usageError(NAME, `Expected the name of an environment, got ${JSON.stringify(name)}`);
    const end = new AbortController();
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => end.abort());
    print(await syncVenv({ name, env: await bootEnvironment(), signal: end.signal }));
    return ExitCode.ok;
  },
};

export default command;
