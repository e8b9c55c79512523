import { expect, test } from "bun:test";
import { readOptions } from "../../../src/cli/supervisorctl/options.ts";
import { messageOf } from "../../../src/errors.ts";

const none = { help: false, interactive: false, historyFile: undefined, words: [] };

test.each([
  [[], { ...none, interactive: true }],
  [["status"], { ...none, words: ["status"] }],
  [["tail", "-f", "x"], { ...none, words: ["tail", "-f", "x"] }],
  [["-c", "/etc/x.conf", "start", "a", "b"], { ...none, words: ["start", "a", "b"] }],
  [["-c/etc/x.conf", "start"], { ...none, words: ["start"] }],
  [["--configuration=/etc/x.conf", "start"], { ...none, words: ["start"] }],
  [["--username", "me", "-p", "it", "pid"], { ...none, words: ["pid"] }],
  [["-i", "status", "-i"], { ...none, interactive: true, words: ["status", "-i"] }],
  [["-ir", "/tmp/h"], { ...none, interactive: true, historyFile: "/tmp/h" }],
  [["--history_file", "/tmp/h", "pid"], { ...none, historyFile: "/tmp/h", words: ["pid"] }],
  [["--", "status"], { ...none, words: ["status"] }],
  [["-i", "--", "-x"], { ...none, interactive: true, words: ["-x"] }],
  [["-h", "status"], { ...none, help: true, words: ["status"] }],
  [["-s", "unix:///run/supervisor.sock", "pid"], { ...none, words: ["pid"] }],
])("options %j end where the command begins", (args, expected) =>
  expect(readOptions(args)).toEqual(expected),
);

test.each([
  [["-x", "status"], "Unknown option '-x'"],
  [["-s"], "Option '-s, --serverurl <value>' argument missing"],
  [["-s", "http://localhost:9001", "status"], "--serverurl: expected unix://"],
])("options %j are a wrong use", (args, message) => {
  const thrown = (() => {
    try {
      return readOptions(args);
    } catch (error) {
      return messageOf(error);
    }
  })();
  expect(thrown).toStartWith(message);
});
