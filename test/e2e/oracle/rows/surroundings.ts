import { onlyOurs, type Row, row, under } from "../row.ts";

/** What a program finds when it starts: arguments, environment, user, folder, limits. */
export const surroundings: Row[] = [
  row("words", String.raw`command=$P stay=1 a "b c" 'd  e' f\ g "" "\"" '$HOME' $HOME *.conf`),
  row("comments", 'command=$P stay=1 a ; not this\nenvironment=A="1" ; not that\npriority=5 ; nor this'),
  row("percent", "command=$P stay=1 100%% %%s"),
  row(
    "expansions",
    "command=$P stay=1 %(program_name)s %(group_name)s %(process_num)d %(host_node_name)s %(numprocs)s",
  ),
  row("here", "command=$P stay=1 %(here)s"),
  row(
    "env-expansion",
    'command=$P stay=1 %(ENV_GREETING)s/%(ENV_EMPTY_ISH)s.\nenvironment=MADE="%(ENV_GREETING)s!"',
  ),
  row("own-env-expansion", 'environment=DEPTH="7"\ncommand=$P stay=1 %(ENV_DEPTH)s'),
  row(
    "environment",
    String.raw`command=$P
environment=A="a,b",B=' c d ',C=/p/a.b+c-d:(e),D="$HOME",E="",F="it's",G="é",H="a=b",I="%%",
  J="next line",PATH="/usr/bin:/bin",A="twice"`,
  ),
  row(
    "environment-wins",
    'command=$P\nenvironment=GREETING="other",SUPERVISOR_ENABLED="mine",SUPERVISOR_PROCESS_MINE=x',
  ),
  row("path", 'environment=PATH="/fixtures:/bin:/usr/bin"\ncommand=oracle-probe.pl stay=1 by-path'),
  row("server-url", "command=$P\nserverurl=http://localhost:1"),
  row("user-name", "command=$P\nuser=probe"),
  row("user-id", "command=$P\nuser=1500"),
  row("user-one-group", "command=$P\nuser=solo"),
  row("user-root", "command=$P\nuser=root"),
  row("user-nobody", "command=$P\nuser=nobody"),
  row("user-umask-directory", "command=$P\nuser=probe\numask=027\ndirectory=/oracle/folder"),
  row("umask-0", "command=$P\numask=0"),
  row("umask-077", "command=$P\numask=077"),
  row("directory", "command=$P\ndirectory=/oracle/a folder"),
  row("directory-expanded", "command=$P\ndirectory=/oracle/%(ENV_FOLDER)s"),
  row("relative-command", "command=./oracle-probe.pl stay=1\ndirectory=/fixtures\nstartretries=0", {
    ...onlyOurs("relative command", "starts"),
  }),
  row("redirect-stderr", "command=$P say=joined\nredirect_stderr=true"),
  row("crlf", "command=$P stay=1 a\r\nenvironment=A=b\r\numask=077\r"),
  row("colon", "command: $P stay=1 b\numask : 027"),
  row("continued", "command=$P stay=1 a\n  b\n\tc"),
  row("case", "COMMAND=$P stay=1 a\nUmask=027"),
  row("unknown-key", "command=$P\nno_such_key=1"),
  row(
    "twice",
    "[program:twice]\ncommand=$P stay=1 first\nstdout_logfile=/logs/twice.out\nstderr_logfile=/logs/twice.err\n[program:twice]\ncommand=$P stay=1 second\n",
  ),
  row("bom", "\uFEFF[program:bom]\ncommand=$P\n", {
    refused: true,
    differs: under("byte order mark", "refused", "names"),
  }),
];
