import { defineCommand } from "citty";
import { AiDockError, ExitCode } from "../../errors.ts";
import { externalAddress } from "../../features/web/external.ts";
import { bootEnvironment } from "../boot-environment.ts";
import type { Command } from "../command.ts";
import { print } from "../print.ts";

const command: Command = {
  definition: defineCommand({
    meta: {
      name: "external-ip-address",
      hidden: true,
      description:
        "Print the address of this machine on the internet, as the cloud says it, else as a service outside sees it",
    },
  }),
  async run() {
    const address = await externalAddress(await bootEnvironment());
    if (address === undefined)
      throw new AiDockError("Expected an address from the cloud or from a service outside, got none");
    print(address);
    return ExitCode.ok;
  },
};

export default command;
