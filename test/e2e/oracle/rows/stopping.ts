import { type Row, row, type Step } from "../row.ts";

const stop: Step[] = [{ verb: "stop", until: "STOPPED" }];
const signal = (name: string): Step[] => [{ verb: `signal ${name}`, until: { signals: 1 } }];

/** Signals, and what is left after a stop. */
export const stopping: Row[] = [
  row("stop", "command=$P", { steps: stop }),
  row("stop-code", "command=$P code=3", { steps: stop }),
  row("stop-plain", "command=$P plain", { steps: stop }),
  row("stop-int", "command=$P\nstopsignal=INT", { steps: stop }),
  row("stop-sigquit", "command=$P\nstopsignal=SIGQUIT", { steps: stop }),
  row("stop-hup", "command=$P\nstopsignal=HUP\nstopwaitsecs=1", { steps: stop }),
  row("stop-usr1", "command=$P plain\nstopsignal=USR1", { steps: stop }),
  row("stop-number", "command=$P\nstopsignal=2", { steps: stop }),
  row("stop-kill", "command=$P\nstopsignal=KILL", { steps: stop }),
  row("stop-deaf", "command=$P deaf\nstopwaitsecs=1", { steps: stop }),
  row("stop-slow", "command=$P slow=0.5\nstopwaitsecs=5", { steps: stop }),
  row("stop-expected", "command=$P code=2\nautorestart=true", { steps: stop }),
  row("stop-early", "command=$P\nstartsecs=600", { until: "STARTING", steps: stop }),
  row("stop-again", "command=$P", {
    steps: [...stop, { verb: "start", until: "RUNNING" }, { verb: "stop", until: "STOPPED" }],
  }),
  row("restart", "command=$P", { steps: [{ verb: "restart", until: "RUNNING" }] }),
  row("start-exited", "command=$P exit=0/stay\nstartsecs=0", {
    until: "EXITED",
    steps: [{ verb: "start", until: "RUNNING" }],
  }),
  row("start-fatal", "command=$P exit=1/stay\nstartsecs=10\nstartretries=0\nautostart=false", {
    until: "none",
    steps: [
      { verb: "start", until: "FATAL" },
      { verb: "start", until: "RUNNING" },
    ],
  }),
  row("child-stays", "command=$P child=group", {
    steps: stop,
    differs: { survivors: "nothing is left", signals: "nothing is left" },
  }),
  row("child-of-session", "command=$P child=session\nstopasgroup=true", {
    steps: stop,
    differs: { survivors: "nothing is left", signals: "nothing is left" },
  }),
  row("child-stopasgroup", "command=$P child=group\nstopasgroup=true", { steps: stop }),
  row("child-killasgroup", "command=$P child=group,deaf\nkillasgroup=true\nstopwaitsecs=1", { steps: stop }),
  row("child-kill", "command=$P child=group,deaf\nstopwaitsecs=1", {
    steps: stop,
    differs: { survivors: "nothing is left", signals: "nothing is left" },
  }),
  row("signal-hup", "command=$P", { steps: signal("HUP") }),
  row("signal-usr2", "command=$P", { steps: signal("USR2") }),
  row("signal-number", "command=$P", { steps: signal("10") }),
  row("signal-group", "command=$P child=group\nstopasgroup=true", { steps: signal("USR1") }),
  row("signal-term", "command=$P code=0", { steps: [{ verb: "signal TERM", until: "EXITED" }] }),
];
