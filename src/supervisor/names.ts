import { AiDockError } from "../errors.ts";
import { programId } from "../programs/spec.ts";

export interface Named {
  name: string;
  group: string;
  aliases?: string[];
}

/**
 * What a name means among programs: `all`, a group's name, `group:*`, `group:name`, `name` or an alias.
 * Throws AiDockError `E_NO_SUCH_PROGRAM` when it means none.
 */
export function findByName<Item extends Named>(items: Item[], name: string): Item[] {
  if (name === "all") return items;
  const [group = "", member] = name.split(":");
  const found = items.filter((item) => {
    if (programId(item) === name || item.aliases?.includes(name)) return true;
    if (item.group !== group) return false;
    return member === undefined || member === "*" || member === item.name || item.aliases?.includes(member);
  });
  if (found.length > 0) return found;
  const known = items.map((item) => programId(item)).join(", ") || "none";
  throw new AiDockError(`No such program: expected one of ${known}, got "${name}"`, {
    code: "E_NO_SUCH_PROGRAM",
  });
}
