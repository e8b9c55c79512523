import { z } from "zod";

/** A variable that the runtime reads. */
export interface Variable<Value = unknown> {
  /**
   * Makes what reads a value. Made anew for each reading and only for variables that are set: every zod type is a hundred
   * closures, which PID 1 would keep for ever.
   */
  type: () => z.ZodType<Value>;
  /** Its value where it is not set. */
  fallback: Value;
  /** One line, for the docs, `--help` and `.env.example`. */
  description: string;
  /** What a valid value is, for the error line: "a port from 1 to 65535". */
  expected: string;
  /** Never shown; may also be given as NAME_FILE. */
  secret?: boolean;
  /** Shown as the default where there is none. */
  defaultText?: string;
}

/** A variable with a default. */
export function variable<Value>(about: Variable<Value>): Variable<Value> {
  return about;
}

/** A variable without a default: undefined where it is not set. */
export function optional<Value>(about: Omit<Variable<Value>, "fallback">): Variable<Value | undefined> {
  return { ...about, fallback: undefined };
}

/**
 * Reads a value. Blanks around it come from web forms; a value of nothing else is not set. Undefined where the value is
 * not valid.
 */
export function readVariable<Value>(
  { type, fallback }: Variable<Value>,
  given: string | undefined,
): { value: Value } | undefined {
  const text = given?.trim() ?? "";
  if (text === "") return { value: fallback };
  const parsed = type().safeParse(text);
  return parsed.success ? { value: parsed.data } : undefined;
}

const booleanWords = { truthy: ["true", "1", "yes", "on"], falsy: ["false", "0", "no", "off"] };

export const flag = () => z.stringbool(booleanWords);

export const integer = (minimum: number, maximum: number) => () =>
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
