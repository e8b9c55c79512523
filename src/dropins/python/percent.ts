import { Expected } from "../../programs/problem.ts";
import { nearest } from "../nearest.ts";

/** Values of `%(name)s` references. */
export interface Variables {
  values: Record<string, string | number>;
  /** Environments for `%(ENV_X)s`; the first one with X wins. */
  environments: readonly Record<string, string>[];
}

/** `%`, a name in parentheses, flags, width, precision, an ignored length, and the conversion. */
const REFERENCE = /%(?:\(([^()]*)\))?([-+ #0]*)(\d*)(?:\.(\d*))?[hlL]?([^]?)/g;
const CONVERSIONS = "diusxXofF";

/** Expands Python `%` references. Throws Expected for unknown names and bad formats. */
export function expand(text: string, names: Variables): string {
  if (!text.includes("%")) return text;
  return text.replaceAll(
    REFERENCE,
    (
      reference,
      name: string | undefined,
      flags: string,
      width: string,
      precision: string | undefined,
      conversion: string,
    ) => {
      if (reference === "%%") return "%";
      if (name === undefined) throw lonePercent(reference);
      const value = lookup(name, names);
      if (value === undefined) throw unknownName(name, names);
      if (conversion === "" || !CONVERSIONS.includes(conversion)) throw badConversion(reference);
      if (conversion === "s" && flags === "" && width === "" && precision === undefined) return String(value);
      const places = precision === undefined ? undefined : Number(precision);
      return formatValue(value, { flags, width: Number(width), precision: places, conversion });
    },
  );
}

function lookup(name: string, { values, environments }: Variables): string | number | undefined {
  if (!name.startsWith("ENV_")) return Object.hasOwn(values, name) ? values[name] : undefined;
  const variable = name.slice("ENV_".length);
  return environments.find((environment) => Object.hasOwn(environment, variable))?.[variable];
}

function lonePercent(reference: string): Expected {
  return new Expected("%(name)s, or %% for a percent sign", JSON.stringify(reference));
}

function badConversion(reference: string): Expected {
  return new Expected("a format such as %(name)s or %(process_num)02d", JSON.stringify(reference));
}

function unknownName(name: string, { values, environments }: Variables): Expected {
  const variables = environments.flatMap((environment) => Object.keys(environment));
  const close = name.startsWith("ENV_")
    ? nearest(name.slice("ENV_".length), variables)
    : nearest(name, Object.keys(values));
  const meant = name.startsWith("ENV_") && close !== undefined ? `ENV_${close}` : close;
  const known = [...Object.keys(values).toSorted(), "ENV_ and a variable that is set"].join(", ");
  const hint = meant === undefined ? "" : ` (did you mean ${meant}?)`;
  return new Expected(`one of ${known}`, `"%(${name})s"${hint}`);
}

export interface Format {
  flags: string;
  width: number;
  precision: number | undefined;
  conversion: string;
}

/** Formats a value like Python's `%` operator, for the conversions that a configuration can use. */
export function formatValue(value: string | number, format: Format): string {
  const { conversion, precision } = format;
  if (conversion === "s")
    return pad(String(value).slice(0, precision), { ...format, flags: format.flags.replace("0", "") });
  // The value itself may be a secret.
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
