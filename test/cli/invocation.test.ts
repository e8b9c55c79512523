import { describe, expect, test } from "bun:test";
import { isEntrypoint, parseInvocation, type Surroundings } from "../../src/cli/invocation.ts";

const isCommand = (word: string) => ["init", "status", "logs"].includes(word);
const parse = (calledAs: string, words: string[], entrypoint = false) =>
  parseInvocation(calledAs, words, isCommand, () => entrypoint);

describe("parseInvocation()", () => {
  test.each([
    ["ai-dock", [], { command: undefined, own: [], rest: undefined }],
    ["ai-dock", ["status", "--json"], { command: "status", own: ["--json"], rest: undefined }],
    ["ai-dock", ["init", "A=1", "--", "sh", "--"], { command: "init", own: ["A=1"], rest: ["sh", "--"] }],
    ["/opt/ai-dock/bin/init.sh", ["A=1"], { command: "init", own: ["A=1"], rest: undefined }],
    ["ai-dock", ["init.sh", "A=1"], { command: "init", own: ["A=1"], rest: undefined }],
    ["/usr/bin/supervisorctl", ["status"], { command: "supervisorctl", own: ["status"], rest: undefined }],
    ["logtail", ["x"], { command: "logs", own: ["--follow", "x"], rest: undefined }],
    ["/opt/ai-dock/bin/env-store", ["KEY"], { command: "env-store", own: ["KEY"], rest: undefined }],
    ["env-store.sh", ["KEY"], { command: "env-store", own: ["KEY"], rest: undefined }],
    ["logtail.sh", ["x"], { command: "logs", own: ["--follow", "x"], rest: undefined }],
    ["ai-dock", ["--", "status"], { command: "init", own: [], rest: ["status"] }],
    ["ai-dock", ["--version"], { command: undefined, own: ["--version"], rest: undefined }],
    ["ai-dock", ["sttaus", "x"], { command: "sttaus", own: ["x"], rest: undefined }],
  ])("%s %p", async (calledAs, words, expected) => {
    expect(await parse(calledAs, words)).toEqual(expected);
  });

  test("as the entrypoint a word that is no command is the main command, flags included", async () => {
    expect(await parse("ai-dock", ["bash", "-c", "--", "x"], true)).toEqual({
      command: "init",
      own: [],
      rest: ["bash", "-c", "--", "x"],
    });
    expect((await parse("ai-dock", ["status"], true)).command).toBe("status");
    expect((await parse("ai-dock", ["--help"], true)).command).toBeUndefined();
  });
});

describe("isEntrypoint()", () => {
  const OURS = "/usr/local/bin/ai-dock";
  /** `docker exec IMAGE ai-dock PROGRAM` in a container of ours; the namespaces and executables by pid. */
  const around = (changes: Partial<Surroundings> = {}): Surroundings => ({
    pid: 20,
    ppid: 0,
    mountNamespace: (pid) => ({ 1: "ours", 20: "ours", 10: "ours" })[pid],
    executable: (pid) => ({ 1: OURS, 20: OURS })[pid],
    calledAs: () => "ai-dock",
    isProgram: async () => true,
    isInitRunning: async () => false,
    ...changes,
  });
  const host = (changes: Partial<Surroundings> = {}) =>
    around({ pid: 4711, ppid: 4700, calledAs: () => "systemd", ...changes });
  const namespaces = (parent: string | undefined) => (pid: number) => (pid === 4711 ? "ours" : parent);

  test.each<[string, Surroundings, boolean]>([
    ["PID 1", around({ pid: 1 }), true],
    ["docker exec beside our init", around(), false],
    ["docker exec beside our init by its other name", around({ calledAs: () => "init.sh" }), false],
    ["the first in a PID namespace of others", around({ calledAs: () => "pause" }), true],
    [
      "one there when an init runs",
      around({ calledAs: () => "pause", isInitRunning: async () => true }),
      false,
    ],
    [
      "a word there that is no program",
      around({ calledAs: () => "pause", isProgram: async () => false }),
      false,
    ],
    [
      "a child of docker's own init",
      around({ ppid: 1, executable: (pid) => (pid === 1 ? "/sbin/docker-init" : OURS) }),
      true,
    ],
    ["a child of our own init", around({ ppid: 1 }), false],
    ["a child of a shell", around({ ppid: 10 }), false],
    ["--pid=host, the shim outside", host({ mountNamespace: namespaces("host") }), true],
    ["--pid=host, the shim not to be looked at", host({ mountNamespace: namespaces(undefined) }), true],
    [
      "--pid=host, docker exec",
      host({ mountNamespace: namespaces("host"), isInitRunning: async () => true }),
      false,
    ],
    ["--pid=host, from a shell in the container", host({ mountNamespace: namespaces("ours") }), false],
  ])("%s", async (_, surroundings, expected) => {
    expect(await isEntrypoint("bash", surroundings)).toBe(expected);
  });
});
