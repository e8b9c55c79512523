import { AiDockError } from "../errors.ts";

/** What tells one program from all others. */
export interface ProgramName {
  name: string;
  group: string;
}

export interface Named extends ProgramName {
  /** Further names that the program answers to. */
  aliases?: string[];
}

/** The identity users type and see: `name`, or `group:name` within a larger group (supervisord's make_namespec). */
export function programId({ name, group }: ProgramName): string {
  return group === name ? name : `${group}:${name}`;
}

/** The parts of a name as typed (supervisord's split_namespec); `group:` and `group:*` have no `name`: they mean every member. */
export function splitName(text: string): { group: string; name: string | undefined } {
  const colon = text.indexOf(":");
  if (colon === -1) return { group: text, name: text };
  const name = text.slice(colon + 1);
  return { group: text.slice(0, colon), name: name === "" || name === "*" ? undefined : name };
}

/**
 * Looks up what a name means among programs, for commands, `depends_on` and settings alike: `all`, `name`,
 * `group:name` or an alias, or a group by `group` or `group:*`. A member's bare name counts where nothing else has it.
 * Names that mean nothing give an empty list. Items keep their order.
 */
export function nameIndex<Item extends Named>(items: readonly Item[]): (name: string) => Item[] {
  const known = new Map<string, Set<Item>>();
  const bare = new Map<string, Set<Item>>();
  const put = (map: Map<string, Set<Item>>, name: string, item: Item) => {
    const found = map.get(name);
    if (found === undefined) map.set(name, new Set([item]));
    else found.add(item);
  };
  for (const item of items) {
    for (const name of [...ownNames(item), ...groupNames(item)]) put(known, name, item);
    put(bare, item.name, item);
  }
  return (name) => (name === "all" ? [...items] : [...(known.get(name) ?? bare.get(name) ?? [])]);
}

/** The programs that a name means, by the rule of `nameIndex`. */
export function programsNamed<Item extends Named>(items: readonly Item[], name: string): Item[] {
  return nameIndex(items)(name);
}

/** The same, but throws AiDockError `E_NO_SUCH_PROGRAM` for a name that means nothing. */
export function requirePrograms<Item extends Named>(items: readonly Item[], name: string): Item[] {
  const found = programsNamed(items, name);
  if (found.length > 0) return found;
  const known = items.map((item) => programId(item)).join(", ") || "none";
  throw new AiDockError(`No such program: expected one of ${known}, got "${name}"`, {
    code: "E_NO_SUCH_PROGRAM",
  });
}

/** True when the name means this very program, and not a group that it is a member of. */
export function isOwnName(item: Named, name: string): boolean {
  return name === item.name || ownNames(item).includes(name);
}

/**
 * True when supervisord's clients mean this process: `group:name`, or the name alone where both are the same;
 * the bare name of a member means nothing to them. Aliases count, too.
 */
export function isProcessNamed(item: Named, text: string): boolean {
  const isAlone = item.group === item.name;
  return ownNames(item).includes(text) && (isAlone || text.includes(":"));
}

function ownNames({ name, group, aliases = [] }: Named): string[] {
  const bare = group === name ? [name, ...aliases] : aliases;
  return [...bare, ...[name, ...aliases].map((own) => `${group}:${own}`)];
}

function groupNames({ group }: Named): string[] {
  return [group, `${group}:*`];
}
