import { defineCommand } from "citty";
import { ExitCode } from "../../errors.ts";
import { postWebhook } from "../../provision/webhook.ts";
import type { Command } from "../command.ts";
import { print } from "../print.ts";

const command: Command = {
  definition: defineCommand({
    meta: {
      name: "ai-dock webhook",
      hidden: true,
      description: "Post the `body` of the JSON on standard input to its `url`",
    },
  }),
  async run() {
    const { url, body } = (await Bun.stdin.json()) as { url: string; body: object };
    const problem = await postWebhook(url, body);
    if (problem === undefined) return ExitCode.ok;
    print(`expected an answer, got ${problem}`);
    return ExitCode.failure;
  },
};

export default command;
