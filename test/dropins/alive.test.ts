import { expect, test } from "bun:test";
import { complaints, load, program } from "./load-fixture.ts";

test("alive= takes the forms of ready=, with Docker's numbers unless others are given", () => {
  expect(program("alive=tcp:81%(process_num)02d").alive).toEqual({
    probe: { kind: "tcp", host: "127.0.0.1", port: 8100 },
    interval: 30,
    timeout: 30,
    failures: 3,
  });
  const keys = "alive=exec:curl -f 'a b'\nalive_interval=5\nalive_timeout=%(ENV_LIMIT)s\nalive_failures=1";
  expect(program(keys, { LIMIT: "2" }).alive).toEqual({
    probe: { kind: "exec", command: ["curl", "-f", "a b"] },
    interval: 5,
    timeout: 2,
    failures: 1,
  });
  expect(complaints(keys, { LIMIT: "2" })).toEqual([]);
  expect(program("alive=https://localhost/up").alive?.probe.kind).toBe("http");
  expect(program("alive=log:^tick$").alive?.probe).toEqual({ kind: "log", pattern: /^tick$/ });
  expect(program("ready=tcp:1").alive).toBeUndefined();
});

test("a wrong check costs the check, not the program", () => {
  expect(program("alive=8188\nalive_interval=5").alive).toBeUndefined();
  expect(complaints("alive=8188\nalive_interval=5")).toEqual([
    'x.conf:3: alive: expected tcp:PORT, tcp:HOST:PORT, http://…, exec:COMMAND or log:REGEX, got "8188"; nobody looks whether the program hangs',
  ]);
});

test.each([
  ["alive_interval", "0", "a whole number of seconds from 1", 30],
  ["alive_timeout", "1.5", "a whole number of seconds from 1", 30],
  ["alive_failures", "-1", "a whole number of checks from 1", 3],
])("%s=%s: the default counts", (key, value, expected, used) => {
  const keys = `alive=tcp:1\n${key}=${value}`;
  expect(program(keys).alive).toMatchObject({ interval: 30, timeout: 30, failures: 3 });
  expect(complaints(keys)).toEqual([
    `x.conf:4: ${key}: expected ${expected}, got "${value}"; ${used} is used`,
  ]);
});

test("what has no effect, and what is probably meant, is told", () => {
  expect(complaints("alive_interval=5")).toEqual([
    "x.conf:3: alive_interval: it has no effect without alive",
  ]);
  expect(complaints("alive=log:x\nalive_timeout=5")).toEqual([
    "x.conf:4: alive_timeout: it has no effect without a check that has a time limit, which log:REGEX is not",
  ]);
  expect(complaints("alive=tcp:1\nalive_intervall=5")).toEqual([
    'x.conf:4: alive_intervall: expected a known key such as alive_interval, got "alive_intervall"; it is ignored',
  ]);
  const shared = load("[DEFAULT]\nalive_interval=5\n[program:a]\ncommand=/bin/x\n");
  expect(shared.messages).toEqual([]);
});
