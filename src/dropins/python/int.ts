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
