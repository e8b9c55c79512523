import { type Report, quote } from "../programs/problem.ts";
import type { Section } from "./ini-document.ts";
import { nearest } from "./nearest.ts";

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

/** Our own keys, which supervisord ignores. */
const OWN_KEYS = [
  "depends_on",
  "ready",
  "alive",
  "alive_interval",
  "alive_timeout",
  "alive_failures",
  "web_port",
  "web_listen_port",
  "web_name",
  "web_host",
  "container_log",
  "early",
];

/** Every known key of `[program:x]`. */
export const PROGRAM_KEYS: ReadonlySet<string> = new Set([...SUPERVISORD_KEYS, ...OWN_KEYS]);

/** Every key of `[group:x]`. */
export const GROUP_KEYS: ReadonlySet<string> = new Set(["programs", "priority"]);

/** Reports one warning for each unknown key of a section. */
export function reportUnknownKeys(section: Section, known: ReadonlySet<string>, report: Report): void {
  for (const [key, { file, line }] of section.entries) {
    if (known.has(key)) continue;
    const close = nearest(key, known);
    const hint = close === undefined ? "" : ` such as ${close}`;
    const about = { severity: "warning", file, line, section: section.name, key } as const;
    report({ ...about, expected: `a known key${hint}`, got: quote(key), text: "it is ignored" });
  }
}

/** Reports one error for each line of a section that has no `=` or `:`. */
export function reportJunk({ name, junk }: Section, report: Report, consequence: string): void {
  for (const { file, line, text: value } of junk) {
    const about = { severity: "error", file, line, section: name, value } as const;
    report({ ...about, expected: "key=value", text: consequence });
  }
}

export const JUNK_IGNORED = "the line is ignored";
