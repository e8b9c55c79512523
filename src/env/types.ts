/** Reads a value without blanks around it, which is not empty. Undefined for one that is not valid. */
export type Type<Value> = (text: string) => Value | undefined;

/** A variable that the runtime reads. */
export interface Variable<Value = unknown> {
  type: Type<Value>;
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
  const value = type(text);
  return value === undefined ? undefined : { value };
}

/** Any text. */
export const text: Type<string> = (given) => given;

export const matching =
  (pattern: RegExp): Type<string> =>
  (given) =>
    pattern.test(given) ? given : undefined;

export const oneOf =
  <Word extends string>(...words: Word[]): Type<Word> =>
  (given) =>
    words.find((word) => word === given);

const truthy = new Set(["true", "1", "yes", "on"]);
const falsy = new Set(["false", "0", "no", "off"]);

export const flag: Type<boolean> = (given) => {
  const word = given.toLowerCase();
  if (truthy.has(word)) return true;
  return falsy.has(word) ? false : undefined;
};

export const integer =
  (minimum: number, maximum: number): Type<number> =>
  (given) => {
    const value = /^\d{1,9}$/.test(given) ? Number(given) : NaN;
    return value >= minimum && value <= maximum ? value : undefined;
  };

/** Words by comma; empty ones are left out. */
export const list: Type<string[]> = (given) =>
  given
    .split(",")
    .map((word) => word.trim())
    .filter((word) => word !== "");
