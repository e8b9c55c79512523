import { type Case, programs } from "../case.ts";

export const logCases: Case[] = [
  ...programs({
    "log file": "stdout_logfile=/tmp/a.log\nstderr_logfile=/tmp/a.err",
    "log file AUTO": "stdout_logfile=AUTO\nstderr_logfile=auto",
    "log file NONE": "stdout_logfile=NONE\nstderr_logfile=off",
    "log file empty": "stdout_logfile=",
    "log file /dev/null": "stdout_logfile=/dev/null",
    "log to the container":
      "stdout_logfile=/dev/stdout\nstdout_logfile_maxbytes=0\nstderr_logfile=/dev/stderr",
    "log to descriptors": "stdout_logfile=/dev/fd/1\nstderr_logfile=/dev/fd/2",
    "log in the home folder": "stdout_logfile=~/a.log",
    sizes: "stdout_logfile_maxbytes=10MB\nstderr_logfile_maxbytes=1gb",
    "size in bytes": "stdout_logfile_maxbytes=12345",
    "size with space": "stdout_logfile_maxbytes=10 KB",
    "size 0": "stdout_logfile_maxbytes=0",
    "size with one letter": "stdout_logfile_maxbytes=1k",
    "size that is a fraction": "stdout_logfile_maxbytes=1.5MB",
    "size in another unit": "stdout_logfile_maxbytes=1TB",
    "an empty size": "stdout_logfile_maxbytes=",
    backups: "stdout_logfile_backups=3\nstderr_logfile_backups=0",
    "backups that are no number": "stdout_logfile_backups=few",
    "stderr joins stdout": "redirect_stderr=true",
    "stderr joins stdout, with a file": "redirect_stderr=true\nstderr_logfile=/tmp/x.err",
    "stderr joins stdout, in the original's words":
      "stdout_logfile=/var/log/%(program_name)s.log\nstdout_logfile_maxbytes=10MB\nstdout_logfile_backups=1\nredirect_stderr=true",
    "log by process":
      "stdout_logfile=/tmp/%(program_name)s-%(process_num)d.log\nprocess_name=p%(process_num)d\nnumprocs=2",
    "log with unknown reference": "stdout_logfile=/tmp/%(nope)s",
  }),
  ...programs({ "log folder that is not there": "stdout_logfile=/not/there/a.log" }, "log folder is made"),
  ...programs({ "log without a folder": "stdout_logfile=a.log" }, "relative logs"),
];
