import { Expected } from "../../programs/problem.ts";
import { formatValue } from "./format-value.ts";
import { nearest } from "../nearest.ts";

/** What `%(name)s` can stand for. */
export interface Names {
  values: Record<string, string | number>;
  /** Environments that `%(ENV_X)s` is looked up in, the first one that has X wins. */
  environments: readonly Record<string, string>[];
}

/** `%`, a name in parentheses, flags, width, precision, an ignored length, and the conversion. */
const REFERENCE = /%(?:\(([^()]*)\))?([-+ #0]*)(\d*)(?:\.(\d*))?[hlL]?([^]?)/g;
const CONVERSIONS = "diusxXofF";

/** Expands Python `%` references. Throws Expected for unknown names and bad formats. */
export function expand(text: string, names: Names): string {
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
      const digits = precision === undefined ? undefined : Number(precision);
      return formatValue(value, { flags, width: Number(width), precision: digits, conversion });
    },
  );
}

function lookup(name: string, { values, environments }: Names): string | number | undefined {
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

function unknownName(name: string, { values, environments }: Names): Expected {
  const variables = environments.flatMap((environment) => Object.keys(environment));
  const close = name.startsWith("ENV_")
    ? nearest(name.slice("ENV_".length), variables)
    : nearest(name, Object.keys(values));
  const meant = name.startsWith("ENV_") && close !== undefined ? `ENV_${close}` : close;
  const known = [...Object.keys(values).toSorted(), "ENV_ and a variable that is set"].join(", ");
  const hint = meant === undefined ? "" : ` (did you mean ${meant}?)`;
  return new Expected(`one of ${known}`, `"%(${name})s"${hint}`);
}
