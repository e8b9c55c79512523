import { expect, test } from "bun:test";
import { join } from "node:path";
import { collectPrograms } from "../../src/features/programs.ts";
import { dependenciesOf } from "../../src/supervisor/dependencies.ts";
import { Supervisor } from "../../src/supervisor/supervisor.ts";
import { folderOf } from "../dropins/load-fixture.ts";
import { bareSupervisor } from "../supervisor/spec-fixture.ts";

/** What a drop-in defines, and what is said about it without its folder. */
async function collect(text: string) {
  using folder = folderOf({ "x.conf": text });
  const files = [join(folder.path, "x.conf")];
  const { programs, problems } = await collectPrograms({ env: { PATH: "/usr/bin:/bin" }, files });
  return {
    programs: programs.filter(({ origin }) => origin.kind === "file"),
    messages: problems.map(({ message }) => message.replace(`${folder.path}/`, "")),
  };
}

const section = (name: string, more = "") => `[program:${name}]\ncommand=/bin/sleep 1\n${more}\n`;
const GROUP = "[group:g]\nprograms=worker\n";

/** What is waited for, and what is said of it, is the same: `true` for both. */
test.each([
  ["its own name", "worker", true],
  ["its id", "g:worker", true],
  ["its group", "g", true],
  ["all of its group", "g:*", true],
  ["a name that nothing has", "wroker", false],
])("depends_on= by %s", async (_, name, isKnown) => {
  const app = section("app", `depends_on=${name}`);
  const { programs, messages } = await collect(section("worker") + GROUP + app);
  const supervisor = new Supervisor(bareSupervisor);
  const added = programs.map((spec) => supervisor.add(spec));
  const waits = dependenciesOf(supervisor.find(["app"])[0]!, added);
  expect(waits.map(({ id }) => id)).toEqual(isKnown ? ["g:worker"] : []);
  expect(messages).toEqual(
    isKnown
      ? []
      : [`x.conf:6: depends_on: expected a name of a program, got "${name}"; it is not waited for`],
  );
});
