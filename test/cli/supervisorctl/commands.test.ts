import { expect, spyOn, test } from "bun:test";
import { runWords, splitWords } from "../../../src/cli/supervisorctl/commands.ts";
import { Fault } from "../../../src/control/rpc/method.ts";
import { CallFault, Session } from "../../../src/cli/supervisorctl/session.ts";

/** A session whose supervisor knows the process `web` alone; what is printed and asked is kept. */
function probe() {
  const session = new Session();
  const lines: string[] = [];
  const asked: string[] = [];
  spyOn(session, "output").mockImplementation((line) => void lines.push(line));
  spyOn(session, "isUp").mockResolvedValue(true);
  spyOn(session, "call").mockImplementation(async (method, ...params) => {
    asked.push([method, ...params].join(" "));
    if (params[0] !== "web") throw new CallFault({ code: 10, text: "BAD_NAME" });
    return true as never;
  });
  return { session, lines, asked };
}

test("each word reaches its command as it is", async () => {
  const { session, lines, asked } = probe();
  expect(await runWords(session, ["stop", "web", "a b", "web"])).toBe(true);
  expect(asked).toEqual(["stopProcess web", "stopProcess a b", "stopProcess web"]);
  expect(lines).toEqual(["web: stopped", "a b: ERROR (no such process)", "web: stopped"]);
  expect(session.exitCode).toBe(1);
});

test("one argument may hold a whole line", () => {
  expect(["restart  web ", "other"].flatMap(splitWords)).toEqual(["restart", "web", "other"]);
});

test.each([
  ["?pid", "pid          Show the process id of the supervisor"],
  ["? pid", "pid          Show the process id of the supervisor"],
  ["help nope", "*** No help on nope"],
  ["nope web", "*** Unknown syntax: nope web"],
  ["sta-tus", "*** Unknown syntax: sta-tus"],
  ["tail-x web", "Error: bad argument -x"],
])("%p is read as by Python's cmd", async (line, first) => {
  const { session, lines } = probe();
  expect(await runWords(session, splitWords(line))).toBe(true);
  expect(lines[0]).toBe(first);
});

test.each(["exit", "quit", "EOF"])("%s ends the session", async (line) => {
  expect(await runWords(probe().session, [line])).toBe(false);
});

test.each(["reread", "update"])("%s during the boot, as scripts ask for it, is no failure", async (word) => {
  const { session, lines } = probe();
  spyOn(session, "call").mockRejectedValue(new CallFault({ code: Fault.NOT_STARTED, text: "booting" }));
  expect(await runWords(session, [word])).toBe(true);
  expect(lines).toEqual([
    "The container is still booting: it follows its configuration when its scripts have ended",
  ]);
  expect(session.exitCode).toBe(0);
});
