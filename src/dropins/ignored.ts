import type { IniDocument, Section } from "./ini-document.ts";
import type { Report } from "../programs/problem.ts";
import { JUNK_IGNORED, reportJunk } from "./known-keys.ts";
import { nearest } from "./nearest.ts";

const READ = ["program", "group", "include", "supervisord"];
/** Kinds of services that will not run: every section is named. */
const UNSUPPORTED: Record<string, string> = {
  eventlistener: "event listeners are not supported",
  "fcgi-program": "FastCGI programs are not supported",
};
/** Settings of supervisord itself: named once a kind. */
const FOREIGN = new Set([
  "inet_http_server",
  "unix_http_server",
  "rpcinterface",
  "supervisorctl",
  "ctlplugin",
]);

/** Warns of every section, and of every key of `[supervisord]`, without effect. */
export function reportIgnored(document: IniDocument, report: Report): void {
  reportJunk(document.defaults, report, JUNK_IGNORED);
  for (const section of document.sections.values()) {
    const kind = section.name.split(":", 1)[0]!;
    if (kind === "supervisord") reportDaemonKeys(section, report);
    else if (!READ.includes(kind) || section.name === kind) reportSection(section, kind, report);
  }
}

function reportSection({ name, file, line }: Section, kind: string, report: Report): void {
  const about = { severity: "warning", file, line, section: name } as const;
  const why = UNSUPPORTED[kind];
  if (why !== undefined) report({ ...about, text: `${why}; the section is ignored` });
  else if (FOREIGN.has(kind)) report({ ...about, text: "has no effect here; it is ignored", once: kind });
  else {
    const close = nearest(kind, READ.slice(1, 3));
    const hint = close === undefined ? "" : ` or [${close}${close === "include" ? "" : ":…"}]`;
    const expected = `[program:…]${hint}`;
    report({ ...about, value: name, expected, text: "the section is ignored" });
  }
}

function reportDaemonKeys(section: Section, report: Report): void {
  reportJunk(section, report, JUNK_IGNORED);
  const keys = [...section.entries].filter(([key]) => key !== "environment");
  const first = keys[0];
  if (first === undefined) return;
  const { file, line } = first[1];
  const text = `only environment is read; ${keys.map(([key]) => key).join(", ")} ignored`;
  report({ severity: "warning", file, line, section: section.name, text });
}
