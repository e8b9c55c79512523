/** `group:name`, or the name alone where both are the same (make_namespec). */
export function joinName({ group, name }: { group: string; name: string }): string {
  return group === name ? group : `${group}:${name}`;
}

/** The parts of a name as typed; no process stands for all of the group (split_namespec). */
export function splitName(text: string): { group: string; name: string | undefined } {
  const colon = text.indexOf(":");
  if (colon === -1) return { group: text, name: text };
  const name = text.slice(colon + 1);
  return { group: text.slice(0, colon), name: name === "" || name === "*" ? undefined : name };
}
