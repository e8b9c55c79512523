import { type Row, row, under } from "../row.ts";

/** Each line of the probe has 30 bytes, and is one write. */
const lines = (name: string, count: number) =>
  `command=$P lines=${count},log=/logs/${name}.out\nstdout_logfile=/logs/${name}.out`;

/** Where output goes, and what rotation leaves. */
export const logs: Row[] = [
  row("log-both", "command=$P say=both"),
  row("log-joined", "command=$P say=joined\nredirect_stderr=true\nstdout_logfile=/logs/log-joined.all"),
  row(
    "log-joined-ignored",
    "command=$P say=joined\nredirect_stderr=true\nstderr_logfile=/logs/log-joined-ignored.err",
  ),
  row("log-none", "command=$P say=nothing\nstdout_logfile=NONE\nstderr_logfile=none"),
  row(
    "log-null",
    "command=$P say=nothing\nstdout_logfile=/dev/null\nstderr_logfile=/dev/null\nstdout_logfile_maxbytes=0\nstderr_logfile_maxbytes=0",
  ),
  row(
    "log-stdout",
    `command=$P "say=said by log-stdout"\nstdout_logfile=/dev/stdout\nstdout_logfile_maxbytes=0\nstderr_logfile=NONE`,
    {
      differs: { output: "container output" },
    },
  ),
  row(
    "log-fd-1",
    `command=$P "say=said by log-fd-1"\nstdout_logfile=/dev/fd/1\nstdout_logfile_maxbytes=0\nredirect_stderr=true`,
  ),
  row(
    "log-expanded",
    "command=$P say=x\nnumprocs=2\nprocess_name=%(program_name)s_%(process_num)d\nstdout_logfile=/logs/%(program_name)s.%(process_num)d\nstderr_logfile=NONE",
  ),
  row("log-restart", "command=$P say=again,exit=0/0/stay\nstartsecs=0\nautorestart=true", {
    until: { starts: 3 },
    differs: { states: "delay after a crash" },
  }),
  row(
    "log-shared",
    "command=$P say=shared\nnumprocs=2\nprocess_name=%(program_name)s_%(process_num)d\nstdout_logfile=/logs/log-shared.out\nstderr_logfile=NONE",
  ),
  row("log-auto", "command=$P say=auto\nstdout_logfile=AUTO\nstderr_logfile=auto", {
    differs: { logs: "default logs" },
  }),
  row("log-relative", "command=$P say=relative\nstdout_logfile=log-relative.out", {
    differs: { logs: "relative logs" },
  }),
  row("log-nowhere", "command=$P\nstdout_logfile=/no/log/folder/log-nowhere.out", {
    refused: true,
    differs: under("log folder is made", "refused", "names"),
  }),
  row("rotate-3", `${lines("rotate-3", 20)}\nstdout_logfile_maxbytes=100\nstdout_logfile_backups=3`),
  row("rotate-1", `${lines("rotate-1", 20)}\nstdout_logfile_maxbytes=100\nstdout_logfile_backups=1`),
  row("rotate-0", `${lines("rotate-0", 21)}\nstdout_logfile_maxbytes=100\nstdout_logfile_backups=0`),
  row("rotate-exact", `${lines("rotate-exact", 9)}\nstdout_logfile_maxbytes=90\nstdout_logfile_backups=2`),
  row("rotate-1kb", `${lines("rotate-1kb", 80)}\nstdout_logfile_maxbytes=1KB\nstdout_logfile_backups=10`),
  row("rotate-never", `${lines("rotate-never", 40)}\nstdout_logfile_maxbytes=0`),
];
