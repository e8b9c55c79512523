const STREAM_KEYS = [
  "logfile",
  "logfile_maxbytes",
  "logfile_backups",
  "capture_maxbytes",
  "events_enabled",
  "syslog",
];

/** supervisord's keys of `[program:x]`. */
const SUPERVISORD_KEYS = [
  "command",
  "process_name",
  "numprocs",
  "numprocs_start",
  "priority",
  "autostart",
  "autorestart",
  "startsecs",
  "startretries",
  "exitcodes",
  "stopsignal",
  "stopwaitsecs",
  "stopasgroup",
  "killasgroup",
  "user",
  "umask",
  "directory",
  "environment",
  "serverurl",
  "redirect_stderr",
  ...STREAM_KEYS.flatMap((key) => [`stdout_${key}`, `stderr_${key}`]),
];

/** Keys that only we know; supervisord ignores them. */
const OWN_KEYS = ["depends_on", "ready", "web_port", "web_name"];

/** Every key that means something in `[program:x]`. */
export const PROGRAM_KEYS: ReadonlySet<string> = new Set([...SUPERVISORD_KEYS, ...OWN_KEYS]);

/** Every key of `[group:x]`. */
export const GROUP_KEYS: ReadonlySet<string> = new Set(["programs", "priority"]);
