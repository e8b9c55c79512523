import { expect, test } from "bun:test";
import { defineCommand } from "citty";
import { type Command, usageError } from "../../src/cli/command.ts";
import { runCommand } from "../../src/cli/run-command.ts";
import { AiDockError } from "../../src/errors.ts";

/** A command that keeps the arguments it gets. */
function probe() {
  const seen: object[] = [];
  const command: Command = {
    definition: defineCommand({
      meta: { name: "ai-dock probe", description: "Probe" },
      args: {
        name: { type: "positional", required: false, description: "NAME…" },
        follow: { type: "boolean", alias: "f", description: "Follow" },
        lines: { type: "string", alias: "n", description: "Lines" },
        prefix: { type: "boolean", default: true, description: "Prefix", negativeDescription: "None" },
      },
    }),
    run(args: object) {
      seen.push(args);
      return 7;
    },
  };
  return { command, seen };
}

test.each([
  [[], { _: [], prefix: true }],
  [["a", "-f", "b"], { _: ["a", "b"], follow: true, prefix: true }],
  [["--lines=5", "a"], { _: ["a"], lines: "5", prefix: true }],
  [["-n", "5", "-f"], { _: [], lines: "5", follow: true, prefix: true }],
  [["-fn5"], { _: [], lines: "5", follow: true, prefix: true }],
  [["--no-prefix"], { _: [], prefix: false }],
  [["--lines="], { _: [], lines: "", prefix: true }],
])("words %j are parsed by the command's definition", async (words, expected) => {
  const { command, seen } = probe();
  expect(await runCommand(command, words, undefined, {})).toBe(7);
  expect(seen).toEqual([expected]);
});

test("words after -- are plain words", async () => {
  const { command, seen } = probe();
  await runCommand(command, ["-f", "a"], ["--lines", "-x"], {});
  expect(seen).toEqual([{ _: ["a", "--lines", "-x"], follow: true, prefix: true }]);
});

test.each([
  [["--folow"], 'Unknown option "--folow"'],
  [["-x"], 'Unknown option "-x"'],
  [["--no-lines"], 'Unknown option "--no-lines"'],
  [["--lines"], 'Option "-n, --lines <value>" argument missing'],
  [["--follow=yes"], 'Option "--follow" does not take an argument'],
])("words %j are a wrong use", async (words, message) => {
  const { command, seen } = probe();
  const error = await runCommand(command, words, undefined, {}).then(undefined, (thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(AiDockError);
  expect(error).toMatchObject(usageError("ai-dock probe", message));
  expect(seen).toEqual([]);
});

test.each([
  [["x"], undefined],
  [[], ["x"]],
])("words for a command that takes none are a wrong use: %j %j", async (words, rest) => {
  const definition = defineCommand({ meta: { name: "ai-dock probe" }, args: { json: { type: "boolean" } } });
  const run = async () => runCommand({ definition, run: () => 0 }, words, rest, {});
  expect(run()).rejects.toMatchObject(usageError("ai-dock probe", 'Unexpected word "x"'));
});
