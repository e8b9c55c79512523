/** Makes a value at its first use and keeps it: PID 1 does without what most containers never ask for. */
export function lazy<Value>(make: () => Value): () => Value {
  let made: { value: Value } | undefined;
  return () => (made ??= { value: make() }).value;
}
