import { integer, type Type } from "../../env/types.ts";
import { AiDockError } from "../../errors.ts";

// Parameters are read by hand: zod, which says the same of them in the OpenAPI document, would cost megabytes.

/** Far more than anything that is worth to be quoted. */
const LONGEST_QUOTE = 100;

/** Reads a parameter; undefined where it is not given. Throws AiDockError `E_BAD_REQUEST`. */
export function one<Value>(
  query: URLSearchParams,
  name: string,
  type: Type<Value>,
  expected: string,
): Value | undefined {
  const given = query.get(name);
  return given === null ? undefined : valid(name, given, type, expected);
}

/** The value of a parameter that has to be given. Throws AiDockError `E_BAD_REQUEST`. */
export function required<Value>(name: string, value: Value | undefined): Value {
  if (value === undefined) throw wrong(`${name}: expected a value, got none`);
  return value;
}

/** Reads a parameter that may be given several times. Throws AiDockError `E_BAD_REQUEST`. */
export function several<Value>(
  query: URLSearchParams,
  name: string,
  type: Type<Value>,
  { most, expected }: { most: number; expected: string },
): Value[] {
  const given = query.getAll(name);
  if (given.length > most) throw wrong(`${name}: expected at most ${most}, got ${given.length}`);
  return given.map((value) => valid(name, value, type, expected));
}

/** A number that a file may have: an inode, or an offset. */
export const fileNumber: Type<number> = (given) => {
  const value = /^\d{1,16}$/.test(given) ? Number(given) : NaN;
  return Number.isSafeInteger(value) ? value : undefined;
};

/** A whole number within bounds. */
export function count(minimum: number, maximum: number) {
  return { type: integer(minimum, maximum), expected: `a number from ${minimum} to ${maximum}` };
}

/** Text of some characters. */
export const textUpTo =
  (longest: number, shortest = 0): Type<string> =>
  (given) =>
    given.length >= shortest && given.length <= longest ? given : undefined;

function valid<Value>(name: string, given: string, type: Type<Value>, expected: string): Value {
  const value = type(given);
  if (value !== undefined) return value;
  throw wrong(`${name}: expected ${expected}, got "${given.slice(0, LONGEST_QUOTE)}"`);
}

function wrong(message: string): AiDockError {
  return new AiDockError(message, { code: "E_BAD_REQUEST" });
}
