import type { AccountLines } from "../../sys/account-files.ts";

/** The lines of the account files that one account needs; each function changes `lines` in place. */

/** A passwd(5) entry. */
export interface Entry {
  name: string;
  uid: number;
  gid: number;
  home: string;
  shell: string;
}

/** Fields of passwd(5). */
const PASSWD = { uid: 2, gid: 3, home: 5, shell: 6 } as const;

/** Fields of group(5). */
const GROUP = { gid: 2, members: 3 } as const;

/** Gids that groupadd gives to groups made later than this one. */
const FIRST_GID = 1000;

/**
 * Sets the account's line in passwd(5), in front of all others with its uid: that is the one that programs name a uid by.
 * The other accounts of that uid stay.
 */
export function setPasswdLine(lines: AccountLines, { name, uid, gid, home, shell }: Entry): void {
  const at = lines.findIndex(([other]) => other === name);
  const [, password = "x", , , gecos = ""] = lines[at] ?? [];
  const line = [name, password === "" ? "x" : password, String(uid), String(gid), gecos, home, shell];
  const first = lines.findIndex((fields) => fields[PASSWD.uid] === line[PASSWD.uid]);
  if (at !== -1 && (first === -1 || first >= at)) {
    lines[at] = line;
    return;
  }
  if (at !== -1) lines.splice(at, 1);
  lines.splice(first === -1 ? lines.length : first, 0, line);
}

/**
 * Gives the primary group of an account a name: that of the account where it is free, or was the name of its `former`
 * group. Without a name, each login would complain.
 */
export function setPrimaryGroup(lines: AccountLines, { name, gid }: Entry, former: number | undefined): void {
  if (lines.some((fields) => fields[GROUP.gid] === String(gid))) return;
  const own = lines.find(([other]) => other === name);
  if (own !== undefined && former !== undefined && own[GROUP.gid] === String(former)) {
    own[GROUP.gid] = String(gid);
    return;
  }
  lines.push([own === undefined ? name : `${name}-${gid}`, "x", String(gid), ""]);
}

/** Makes a group with that gid, unless there is one of that name, or the gid belongs to another one: then with another. */
export function ensureGroup(lines: AccountLines, name: string, gid: number): void {
  if (lines.some(([other]) => other === name)) return;
  const taken = new Set(lines.map((fields) => fields[GROUP.gid]));
  let free = gid;
  for (let next = FIRST_GID; taken.has(String(free)); next++) free = next;
  lines.push([name, "x", String(free), ""]);
}

/** Adds the account to the groups, given by name or gid; returns those that are not there. */
export function joinGroups(lines: AccountLines, { name, gid }: Entry, groups: string[]): string[] {
  const unknown: string[] = [];
  for (const wanted of groups) {
    const group = lines.find((fields) => fields[0] === wanted || fields[GROUP.gid] === wanted);
    if (group === undefined) unknown.push(wanted);
    else if (group[GROUP.gid] !== String(gid)) addMember(group, name);
  }
  return unknown;
}

/** The names of the groups that a user is in beside the primary one. */
export function groupsOf(lines: AccountLines, name: string): string[] {
  return lines.flatMap((fields) =>
    (fields[GROUP.members] ?? "").split(",").includes(name) ? (fields[0] ?? []) : [],
  );
}

function addMember(group: string[], name: string): void {
  const members = (group[GROUP.members] ?? "").split(",").filter((member) => member !== "");
  if (!members.includes(name)) group[GROUP.members] = [...members, name].join(",");
}

/** Days since 1970 of the last change of a password; 0 would ask for another one at the next login. */
const today = () => String(Math.floor(Date.now() / 86_400_000));

/**
 * Sets the account's line in shadow(5): the given hash, else the one there is, else `*`. That is no password, and unlike
 * `!` sshd does not take it for a locked account.
 */
export function setShadowLine(lines: AccountLines, name: string, hash: string | undefined): void {
  const line = lines.find(([other]) => other === name);
  if (line === undefined) lines.push([name, hash ?? "*", today(), "0", "99999", "7", "", "", ""]);
  else line[1] = hash ?? (/^!*\*?$/.test(line[1] ?? "") ? "*" : line[1]) ?? "*";
}
