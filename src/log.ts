import { type ConsolaReporter, createConsola } from "consola/core";

export type LogLevel = "debug" | "info" | "warn" | "error";
export type LogFields = Record<string, string | number | boolean | undefined>;

/** Logs for one step of the boot or one part of the supervisor. */
export type Logger = Record<LogLevel, (message: string, fields?: LogFields) => void>;

/** Receives every line, without its newline. Must not throw and must not log. */
export type LogTarget = (line: string, level: LogLevel) => void;

const targets = new Set<LogTarget>();
let debug = false;
let redactor: (text: string) => string = (text) => text;

/** Adds a receiver of log lines; the result removes it. Without any, lines are dropped. */
export function addLogTarget(target: LogTarget): () => void {
  targets.add(target);
  return () => targets.delete(target);
}

/** Sets what hides secrets in every line from now on. */
export function setLogRedactor(redact: (text: string) => string): void {
  redactor = redact;
}

/** A text without secrets, as the log has it; for what others are shown. */
export function redacted(text: string): string {
  return redactor(text);
}

/** Whether debug lines are written, too. */
export function setLogDebug(on: boolean): void {
  debug = on;
}

/** A text in one line that does nothing to a terminal: names of files are their owners' to choose. */
export function printable(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, (control) =>
    control === "\n" ? "\\n" : `\\x${control.charCodeAt(0).toString(16).padStart(2, "0")}`,
  );
}

const reporter: ConsolaReporter = {
  log({ date, type, tag, args }) {
    const level = type as LogLevel;
    if (level === "debug" && !debug) return;
    const [message, fields] = args as [string, LogFields | undefined];
    const text = `${tag} ${redactor(message)}${formatFields(fields)}`;
    const line = `${date.toISOString()} ${level} ${printable(text)}`;
    for (const target of targets) target(line, level);
  },
};

/** consola collapses repeated lines unless its throttle is 0; a log must show every one. */
const terminal = createConsola({ level: 4, throttle: 0, reporters: [reporter] });

/** The logger of a step: `time level step message key=value`. */
export function logger(step: string): Logger {
  const tagged = terminal.withTag(step);
  return {
    debug: (message, fields) => tagged.debug(message, fields),
    info: (message, fields) => tagged.info(message, fields),
    warn: (message, fields) => tagged.warn(message, fields),
    error: (message, fields) => tagged.error(message, fields),
  };
}

function formatFields(fields: LogFields | undefined): string {
  if (!fields) return "";
  return Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ` ${key}=${quoteField(redactor(String(value)))}`)
    .join("");
}

function quoteField(value: string): string {
  return /^[^\s"=]+$/.test(value) ? value : JSON.stringify(value);
}
