import { onlyOurs, type Row, row, under } from "../row.ts";

/** Never over: while all rows start, an exit may come or be seen late; what is up by then counts as stable. */
const EARLY = "startsecs=600";

/** How programs start, end and are started again. */
export const lifecycle: Row[] = [
  row("stays", "command=$P"),
  row("startsecs-0", "command=$P\nstartsecs=0"),
  row("startsecs-2", "command=$P\nstartsecs=2"),
  row("exit-0-late", "command=$P exit=0,after=3", { until: "EXITED" }),
  row("exit-0-startsecs-0", "command=$P exit=0\nstartsecs=0", { until: "EXITED" }),
  row("exit-3-startsecs-0", "command=$P exit=3\nstartsecs=0\nautorestart=false", { until: "EXITED" }),
  row("exit-3-expected", "command=$P exit=3\nstartsecs=0\nexitcodes=0,3", { until: "EXITED" }),
  row("exit-255-expected", "command=$P exit=255\nstartsecs=0\nexitcodes=255", { until: "EXITED" }),
  row("exit-3-once", "command=$P exit=3/stay\nstartsecs=0", { until: { starts: 2 } }),
  row("exit-0-unexpected", "command=$P exit=0/stay\nstartsecs=0\nexitcodes=2", { until: { starts: 2 } }),
  row("exit-0-always", "command=$P exit=0/stay\nstartsecs=0\nautorestart=true", { until: { starts: 2 } }),
  row("exit-1-twice", "command=$P exit=1/1/stay\nstartsecs=0\nautorestart=true", {
    until: { starts: 3 },
    differs: { states: "delay after a crash" },
  }),
  row("exit-4-late", "command=$P exit=4/stay,after=3", { until: { starts: 2 } }),
  row("exit-4-late-false", "command=$P exit=4,after=3\nautorestart=false", { until: "EXITED" }),
  row("exit-0-late-true", "command=$P exit=0/stay,after=3\nautorestart=true", { until: { starts: 2 } }),
  row("killed", "command=$P kill=KILL\nstartsecs=0\nautorestart=false", { until: "EXITED" }),
  row("terminated", "command=$P kill=TERM,plain\nstartsecs=0\nautorestart=false", { until: "EXITED" }),
  row("killed-unexpected", "command=$P kill=KILL/,after=0.2,exit=0/stay\nstartsecs=0\nexitcodes=0,137", {
    until: { starts: 2 },
  }),
  row("early-0", `command=$P exit=0\n${EARLY}\nstartretries=1`, {
    until: "EXITED|FATAL",
    differs: under("early expected exit", "starts", "states", "ends", "waits", "errors"),
  }),
  row("early-1", `command=$P exit=1\n${EARLY}\nstartretries=1`, { until: "FATAL" }),
  row("early-1-retries-0", `command=$P exit=1\n${EARLY}\nstartretries=0`, { until: "FATAL" }),
  row("early-1-retries-3", `command=$P exit=7\n${EARLY}\nstartretries=3`, { until: "FATAL" }),
  row("early-1-restart-false", `command=$P exit=1\n${EARLY}\nstartretries=1\nautorestart=false`, {
    until: "FATAL",
  }),
  row("early-1-restart-true", `command=$P exit=1\n${EARLY}\nstartretries=1\nautorestart=true`, {
    until: "FATAL",
  }),
  row("early-killed", `command=$P kill=KILL\n${EARLY}\nstartretries=1`, { until: "FATAL" }),
  // Not while all rows start, as this one has to come up in the end.
  row("early-then-stays", "command=$P exit=1/1/stay\nstartsecs=10\nautostart=false", {
    until: "none",
    steps: [{ verb: "start", until: "RUNNING" }],
  }),
  row("autostart-false", "command=$P\nautostart=false", { until: "none" }),
  row("autostart-later", "command=$P\nautostart=false", {
    until: "none",
    steps: [{ verb: "start", until: "RUNNING" }],
  }),
];

const withoutProcess = under("failure without a process", "starts", "ends", "errors", "logs");

/** Programs that cannot be started, and why. */
export const failures: Row[] = [
  row("no-command", "command=/no/such/command\nstartretries=1", { until: "FATAL" }),
  row("no-command-on-path", "command=no-such-command a\nstartretries=0", { until: "FATAL" }),
  row("not-executable", "command=/oracle/not-executable\nstartretries=0", {
    until: "FATAL",
    differs: { errors: "wording" },
  }),
  row("a-folder", "command=/oracle/folder\nstartretries=0", {
    until: "FATAL",
    differs: { errors: "wording" },
  }),
  row("bad-shebang", `command=/oracle/bad-shebang\n${EARLY}\nstartretries=0`, {
    until: "FATAL",
    differs: withoutProcess,
  }),
  row("no-shebang", `command=/oracle/no-shebang\n${EARLY}\nstartretries=0`, {
    until: "FATAL",
    differs: withoutProcess,
  }),
  row("no-directory", `command=$P\ndirectory=/no/such/folder\n${EARLY}\nstartretries=0`, {
    until: "FATAL",
    differs: withoutProcess,
  }),
  row("closed-directory", `command=$P\ndirectory=/oracle/closed\nuser=probe\n${EARLY}\nstartretries=0`, {
    ...onlyOurs("directory of others", "ends"),
    until: "STARTING|FATAL",
  }),
  row("unbalanced", "command=$P 'a\nstartretries=0", { until: "FATAL" }),
  row("empty-command", "command=\nstartretries=0", { until: "FATAL" }),
];
