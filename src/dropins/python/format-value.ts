import { Expected } from "../../programs/problem.ts";

export interface Format {
  flags: string;
  width: number;
  precision: number | undefined;
  conversion: string;
}

/** Formats one value as Python's `%` operator does, for the conversions that make sense in a configuration. */
export function formatValue(value: string | number, format: Format): string {
  const { conversion, precision } = format;
  if (conversion === "s")
    return pad(String(value).slice(0, precision), { ...format, flags: format.flags.replace("0", "") });
  // The text itself may be a secret.
  if (typeof value === "string")
    throw new Expected("a number", `text for %${conversion}; use %(…)s for text`);
  return pad(withSign(value, digits(Math.abs(value), format), format.flags), format);
}

function digits(value: number, { conversion, precision, flags }: Format): string {
  if (conversion === "f" || conversion === "F") return value.toFixed(precision ?? 6);
  const text = value.toString(RADIX[conversion] ?? 10).padStart(precision ?? 0, "0");
  const shown = conversion === "X" ? text.toUpperCase() : text;
  const prefix = flags.includes("#") ? { x: "0x", X: "0X", o: "0o" }[conversion] : undefined;
  return (prefix ?? "") + shown;
}

const RADIX: Record<string, number> = { x: 16, X: 16, o: 8 };

function withSign(value: number, text: string, flags: string): string {
  if (value < 0) return `-${text}`;
  if (flags.includes("+")) return `+${text}`;
  return flags.includes(" ") ? ` ${text}` : text;
}

function pad(text: string, { flags, width }: Format): string {
  if (flags.includes("-")) return text.padEnd(width);
  if (!flags.includes("0")) return text.padStart(width);
  const [, prefix = "", rest = ""] = /^([+\- ]?(?:0[xXo])?)(.*)$/s.exec(text) ?? [];
  return prefix + rest.padStart(width - prefix.length, "0");
}
