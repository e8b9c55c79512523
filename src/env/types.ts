import { z } from "zod";

/** What a variable is besides its type; carried by zod's metadata so that there is one table. */
export interface VariableMeta {
  /** One line, for the docs, `--help` and `.env.example`. */
  description: string;
  /** What a valid value is, for the error line: "a port from 1 to 65535". */
  expected: string;
  /** Never shown; may also be given as NAME_FILE. */
  secret?: boolean;
  /** Shown as the default where the schema has none. */
  defaultText?: string;
}

const meta = (type: z.ZodType): VariableMeta => type.meta() as unknown as VariableMeta;

/** The metadata of a variable of the schema. */
export function variableMeta(type: z.ZodType): VariableMeta {
  return meta(type);
}

const booleanWords = { truthy: ["true", "1", "yes", "on"], falsy: ["false", "0", "no", "off"] };

export const flag = () => z.stringbool(booleanWords);

export const integer = (minimum: number, maximum: number) =>
  z
    .string()
    .regex(/^\d{1,9}$/)
    .transform(Number)
    .pipe(z.number().int().min(minimum).max(maximum));

export const list = () =>
  z.string().transform((text) =>
    text
      .split(",")
      .map((name) => name.trim())
      .filter((name) => name !== ""),
  );

/** Blanks around a value come from web forms; a value of nothing else is not set. */
const unpadded = (value: unknown) => (typeof value === "string" ? value.trim() || undefined : value);

/** A table of types, each of which reads its value without the blanks around it. */
export function withoutPadding<Table extends Record<string, z.ZodType>>(table: Table): Table {
  const entries = Object.entries(table).map(([name, type]) => [
    name,
    z.preprocess(unpadded, type).meta({ ...variableMeta(type) }),
  ]);
  return Object.fromEntries(entries) as Table;
}
