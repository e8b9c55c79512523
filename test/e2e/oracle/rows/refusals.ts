import { refused, type Row } from "../row.ts";

/** supervisord does not start at all with one of these; we leave that program out. */
export const refusals: Row[] = [
  refused("no-such-user", "command=$P\nuser=no-such-user"),
  refused("without-command", "startsecs=1"),
  refused("unknown-variable", "command=$P %(ENV_NO_SUCH_VARIABLE)s"),
  refused("bad-boolean", "command=$P\nautostart=perhaps"),
  refused("bad-signal", "command=$P\nstopsignal=NOPE"),
  refused("bad-exit-code", "command=$P\nexitcodes=256"),
  refused("bad-size", "command=$P\nstdout_logfile_maxbytes=1k"),
  refused("bad-environment", "command=$P\nenvironment=A=x@y"),
  refused("bad-umask", "command=$P\numask=9"),
  refused("lone-percent", "command=$P 100%"),
  refused("one-name-for-two", "command=$P\nnumprocs=2"),
  refused("stop-without-kill", "command=$P\nstopasgroup=true\nkillasgroup=false"),
  refused("a name with spaces", "command=$P"),
  refused("junk", "command=$P\njunk"),
  refused("unknown-in-group", "[group:unknown-in-group]\nprograms=nobody\n"),
];
