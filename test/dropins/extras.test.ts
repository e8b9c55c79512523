import { expect, test } from "bun:test";
import { complaints, program } from "./load-fixture.ts";

test.each([
  ["tcp:8188", { kind: "tcp", host: "127.0.0.1", port: 8188 }],
  ["tcp:db:5432", { kind: "tcp", host: "db", port: 5432 }],
  ["tcp:[::1]:80", { kind: "tcp", host: "::1", port: 80 }],
  ["tcp:81%(process_num)02d", { kind: "tcp", host: "127.0.0.1", port: 8100 }],
  ["http://localhost:%(ENV_PORT)s/health?x=1", { kind: "http", url: "http://localhost:80/health?x=1" }],
  ["https://localhost/", { kind: "http", url: "https://localhost/" }],
  ["exec:pg_isready -h 'a b'", { kind: "exec", command: ["pg_isready", "-h", "a b"] }],
  ["log:^Running on .*:\\d+$", { kind: "log", pattern: /^Running on .*:\d+$/ }],
])("ready=%s", (value, expected) => {
  expect(program(`ready=${value}`, { PORT: "80" }).ready).toEqual(expected as never);
});

test.each([
  ["8188", "expected tcp:PORT, tcp:HOST:PORT, http://…, exec:COMMAND or log:REGEX"],
  ["tcp:0", "expected a port from 1 to 65535"],
  ["tcp:", "expected a port from 1 to 65535"],
  ["http://", "expected a complete address after http:"],
  ["exec:", "expected a command with closed quotes after exec:"],
  ["exec:x 'y", "expected a command with closed quotes after exec:"],
  ["log:(", "expected a regular expression after log:"],
  ["log:", "expected a regular expression after log:"],
])("ready=%s is an error, and the program starts without it", (value, expected) => {
  expect(program(`ready=${value}`).ready).toBeUndefined();
  const consequence = "the program counts as ready as soon as it runs";
  expect(complaints(`ready=${value}`)).toEqual([
    `x.conf:3: ready: ${expected}, got ${JSON.stringify(value)}; ${consequence}`,
  ]);
});

test("dependencies and the web service", () => {
  expect(
    program(
      "depends_on=b, c:* ,\nweb_port=80%(process_num)02d\nweb_name=%(program_name)s UI\nweb_host=localhost",
    ),
  ).toMatchObject({
    dependsOn: ["b", "c:*"],
    webPort: 8000,
    webName: "a UI",
    webHost: "localhost",
  });
});

test("a web port that is none is ignored", () => {
  expect(program("web_port=none").webPort).toBeUndefined();
  expect(complaints("web_port=none")).toEqual([
    'x.conf:3: web_port: expected a port from 1 to 65535, got "none"; the program has no web address',
  ]);
});

test("a name for the Host header that is none is ignored", () => {
  const value = "localhost{http.vars.x}";
  expect(program(`web_host=${value}`).webHost).toBeUndefined();
  expect(complaints(`web_host=${value}`)).toEqual([
    `x.conf:3: web_host: expected a host name such as localhost, got "${value}"; the program gets the name that browsers use`,
  ]);
});
