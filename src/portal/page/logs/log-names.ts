/** A log among those shown: a program's standard output goes by its name alone. */
export function labelOf(name: string, stream: string): string {
  return stream === "stderr" ? `${name} (err)` : name;
}
