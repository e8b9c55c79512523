import { constants } from "node:os";
import { Expected } from "../programs/problem.ts";
import { signalNumber } from "../sys/children.ts";

const TRUE = new Set(["yes", "true", "on", "1"]);
const FALSE = new Set(["no", "false", "off", "0"]);

/** `true`, `false` and their spellings; single letters are none. */
export function boolean(text: string): boolean {
  const lower = text.toLowerCase();
  if (TRUE.has(lower)) return true;
  if (FALSE.has(lower)) return false;
  throw new Expected("true or false (or yes, no, on, off, 1, 0)");
}

export function integer(text: string): number {
  const value = pythonInt(text);
  if (value === undefined) throw new Expected("a whole number");
  return value;
}

/** A count or a time: below 0 means 0, as it does to supervisord in effect. */
export function amount(text: string): number {
  return Math.max(0, integer(text));
}

const UNITS: Record<string, number> = { kb: 1024, mb: 1024 ** 2, gb: 1024 ** 3 };

/** Bytes, with KB, MB or GB; below 0 means 0. */
export function byteSize(text: string): number {
  const unit = UNITS[text.slice(-2).toLowerCase()];
  const value = pythonInt(unit === undefined ? text : text.slice(0, -2));
  if (value === undefined) throw new Expected("a size such as 512KB, 10MB or 1GB");
  return Math.max(0, value * (unit ?? 1));
}

export function autorestart(text: string): boolean | "unexpected" {
  if (text.toLowerCase() === "unexpected") return "unexpected";
  try {
    return boolean(text);
  } catch {
    throw new Expected("true, false or unexpected");
  }
}

/** Codes separated by commas; nothing at all means that no exit is expected. */
export function exitCodes(text: string): number[] {
  if (text === "") return [];
  const codes = text.split(",").map(pythonInt);
  if (codes.every((code) => code !== undefined && code >= 0 && code <= 255)) return codes as number[];
  throw new Expected("exit codes from 0 to 255 separated by commas");
}

export function octal(text: string): number {
  const value = pythonOctal(text);
  if (value === undefined || value < 0) throw new Expected("an octal number such as 022");
  return value & 0o777;
}

/** Names that Python knows and Node does not; real-time signals go by number. */
const SIGNALS: Record<string, string> = { CLD: "CHLD", RTMIN: "34", RTMAX: "64" };

/** The name of a signal without SIG, from a name with or without it or from a number. */
export function signalName(text: string): string {
  const upper = text.trim().toUpperCase();
  const bare = /^\+?\d+$/.test(upper) ? String(Number(upper)) : upper.replace(/^SIG/, "");
  const name = SIGNALS[bare] ?? bare;
  const number = signalNumber(name);
  if (number === undefined) throw new Expected("a signal such as TERM, INT or 15");
  if (!/^\d+$/.test(name)) return name;
  return (
    Object.entries(constants.signals)
      .find(([, value]) => value === number)?.[0]
      .slice(3) ?? name
  );
}

/** Words separated by commas; empty ones are kept, as supervisord does. */
export function commaList(text: string): string[] {
  return text === "" ? [] : text.split(",").map((word) => word.trim());
}

const FORBIDDEN = /[ :/]/;

/** The name of a program, process or group. */
export function plainName(text: string): string {
  const name = text.trim();
  if (FORBIDDEN.test(name) || name === "") throw new Expected("a name without space, colon or slash");
  return name;
}

export function port(text: string): number {
  const value = pythonInt(text);
  if (value === undefined || value < 1 || value > 65535) throw new Expected("a port from 1 to 65535");
  return value;
}

const DECIMAL = /^[+-]?\d+(?:_\d+)*$/;
const OCTAL = /^[+-]?(?:0o)?_?[0-7]+(?:_[0-7]+)*$/i;

/** What Python's int() reads: signs, `1_000` and surrounding space are fine. Undefined when it is no number. */
export function pythonInt(text: string): number | undefined {
  const trimmed = text.trim();
  return DECIMAL.test(trimmed) ? Number(trimmed.replaceAll("_", "")) : undefined;
}

/** What Python's int(text, 8) reads: `022`, `22` and `0o22` are the same. */
export function pythonOctal(text: string): number | undefined {
  const trimmed = text.trim();
  if (!OCTAL.test(trimmed)) return undefined;
  return Number.parseInt(trimmed.replaceAll(/_|0o/gi, ""), 8);
}
