/** While it is there no stop of `slow` is over, and so none of the container. */
export const HOLD = "/tmp/hold";

/** Programs in every state that supervisorctl can meet; drop-ins take the place of our own. */
export const programs = `
[program:sshd]
command=sleep 1000
[program:cloudflared]
command=sleep 1000
[program:rclone_mount]
command=sleep 1000
[program:portal]
command=sleep 1000
[program:caddy]
command=sleep 1000
[program:storagemonitor]
command=sleep 1000
[program:web]
command=sleep 1000
[program:off]
command=sleep 1000
startsecs=0
autostart=false
[program:once]
command=true
startsecs=0
autorestart=false
[program:fails]
command=sh -c 'exit 3'
startsecs=10
startretries=0
[program:missing]
command=/nope
autostart=false
[program:unable]
command=/etc/passwd
autostart=false
[program:slow]
command=sh -c 'trap "sleep 0.3; while [ -e ${HOLD} ]; do sleep 0.1; done; exit 0" TERM; while sleep 0.1; do :; done'
startsecs=0
[program:printer]
command=sh -c 'echo first line; echo second line; echo complaint >&2; exec sleep 1000'
startsecs=0
[program:mute]
command=sleep 1000
stdout_logfile=NONE
[program:one]
command=sleep 1000
startsecs=0
priority=7
[program:two]
command=sleep 1000
startsecs=0
[group:pair]
programs=one,two
priority=5
[program:many]
command=sleep 1000
startsecs=0
process_name=%(program_name)s_%(process_num)02d
numprocs=2
`;

/** What a later reading finds: one group gone, one changed, one new. */
export const changed = programs
  .replace("[program:mute]\ncommand=sleep 1000", "[program:mute]\ncommand=sleep 2000")
  .replace(/\[program:once\][^[]*/, "")
  .concat("[program:new]\ncommand=sleep 1000\n[program:later]\ncommand=sleep 1000\nautostart=false\n");

/** The same and one mistake: supervisord refuses all of it, and for us nothing else is new. */
export const broken = `${changed}[program:broken]\ncommand=sleep 1000\nstartsecs=soon\n`;

/** Command lines in order; these two replace the configuration by the texts above. */
export const CHANGE = "<configuration changes>";
export const BREAK = "<configuration breaks>";
export const lines = [
  "status",
  "status web",
  "status pair:*",
  "status pair:one many:many_01 web",
  "status once",
  "status nope",
  "status web nope",
  "status nope:*",
  "status pair:nope",
  "status all",
  "status nope all",
  "pid",
  "pid web",
  "pid off",
  "pid nope",
  "pid web nope",
  "pid all",
  "start",
  "start web",
  "start off",
  "start off web",
  "start missing",
  "start unable",
  "start fails",
  "start nope",
  "start nope:*",
  "start pair:*",
  "start pair:nope",
  "stop",
  "stop off",
  "stop off",
  "stop fails",
  "stop once web",
  "start web",
  "stop nope",
  "stop nope:*",
  "stop pair:*",
  "status pair:*",
  "stop pair:*",
  "start pair:one",
  "start pair:*",
  "stop slow",
  "start slow",
  "restart",
  "restart web",
  "restart off",
  "restart nope",
  "restart pair:*",
  "signal",
  "signal CONT",
  "signal CONT web",
  "signal SIGCONT web",
  "signal 18 web off",
  "signal NOPE web",
  "signal CONT nope",
  "signal CONT pair:*",
  "signal CONT nope:*",
  "signal CONT all",
  "tail printer",
  "tail printer stdout",
  "tail printer STDERR",
  "tail -11 printer",
  "tail -5 printer stderr",
  "tail",
  "tail nope",
  "tail mute",
  "tail -x printer",
  "tail printer odd",
  "tail -5",
  "tail a b c d",
  "maintail a",
  "maintail -5 -5",
  "clear",
  "clear printer",
  "tail printer",
  "clear nope",
  "clear printer web",
  "clear all",
  "avail",
  "avail web",
  "reread",
  "reread web",
  "add nope",
  "add web",
  "remove nope",
  "remove web",
  "update",
  CHANGE,
  "reread",
  "avail",
  "update nope",
  "update new",
  "status",
  "update",
  "reread",
  "status new later mute",
  "stop new",
  "remove new",
  "status new",
  "add new",
  "add new",
  BREAK,
  "reread",
  "update",
  "update new",
  "status broken",
  CHANGE,
  "reread",
  "version",
  "version 1",
  "shutdown now",
  "reload now",
  "fg",
  "fg nope",
  "fg fails",
  "fg web web",
  "nope",
  "nope web",
  "sta-tus",
  "stop all",
  "status",
  "stop all",
  "start all",
  "status web",
  "shutdown",
];

/** With nobody at the socket. */
export const linesWithoutServer = [
  "status",
  "status web",
  "start web",
  "stop web",
  "pid",
  "tail web",
  "version",
  "shutdown",
  "clear web",
  "fg web",
  "signal CONT web",
];
