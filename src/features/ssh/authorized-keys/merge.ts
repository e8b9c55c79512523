import { type AuthorizedKey, formatKey, parseKeyLine } from "./line.ts";
import { sourceLines } from "./sources.ts";

export interface KeySource {
  /** The variable or path, for warnings. */
  name: string;
  text: string;
}

export interface MergedKeys {
  /** Comments and keys for authorized_keys, each key once. */
  lines: string[];
  /** How many of the lines are keys. */
  count: number;
  warnings: string[];
}

/**
 * The union of all sources in their order, each key once. Where two sources give one key different options, the later
 * source wins: variables override what an earlier boot wrote to the file.
 */
export function mergeKeys(sources: KeySource[]): MergedKeys {
  const warnings: string[] = [];
  const keys = new Map<string, AuthorizedKey>();
  const lines = new Map<string, string>();
  for (const { name, text } of sources) {
    for (const line of sourceLines(text)) {
      const where = `${name} line ${line.number}`;
      const left = (what: string) =>
        warnings.push(`${where}: expected an OpenSSH public key, got ${what}; left out`);
      if ("block" in line) {
        left(line.block);
        continue;
      }
      const parsed = parseKeyLine(line.text);
      if (parsed.kind === "invalid") left(parsed.reason);
      if (parsed.kind === "comment") lines.set(parsed.text, parsed.text);
      if (parsed.kind !== "key") continue;
      const known = keys.get(parsed.blob);
      if (parsed.warning !== undefined && !known) warnings.push(`${where}: ${parsed.warning}`);
      if (known?.options === parsed.options) continue;
      keys.set(parsed.blob, parsed);
      lines.set(parsed.blob, formatKey(parsed));
    }
  }
  return { lines: [...lines.values()], count: keys.size, warnings };
}
