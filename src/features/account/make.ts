import { AiDockError, messageOf } from "../../errors.ts";
import { type AccountLines, readAccountLines, writeAccountLines } from "../../sys/account-files.ts";
import { mountAt } from "../../sys/mounts.ts";
import { runtimePath } from "../../sys/runtime-directory.ts";
import { lookupUser } from "../../sys/users.ts";
import { isExecutableFile } from "../../sys/which.ts";
import type { BootContext } from "../step.ts";
import { HOMES } from "./account.ts";
import { commonGroups } from "./groups.ts";
import { chooseIds } from "./ids.ts";
import { type Entry, groupsOf, joinGroups, setPasswdLine, setPrimaryGroup, setShadowLine } from "./lines.ts";
import { passwordHash } from "./password.ts";

const SHELLS = ["/bin/bash", "/bin/sh"];

export interface PlannedAccount {
  entry: Entry;
  /** The uid that it had before. */
  former: number | undefined;
  /** Groups beside the primary one, by name. */
  groups: string[];
  /**
   * Writes the account files. The account itself comes last, so that there is none in part. Throws AiDockError where there
   * is none in the end.
   */
  write: () => void;
}

/** What the account is to be: a new one, a changed one, or as it is in a file that belongs to the host. Writes nothing. */
export function planAccount(name: string, context: BootContext, root: string): PlannedAccount {
  const { env, log, settings } = context;
  const files = openFiles(root);
  const current = lookupUser(name, root);
  const isHosts = current !== undefined && mountAt(files.passwd.path) !== undefined;
  const workspace = { uid: Number(env["WORKSPACE_UID"] ?? 0), gid: Number(env["WORKSPACE_GID"] ?? 0) };
  const chosen = isHosts
    ? { uid: current.uid, gid: current.gid }
    : chooseIds(workspace, current, files.passwd.lines, files.group.lines);
  if (chosen.problem !== undefined)
    log.warn(
      `WORKSPACE: expected a directory of an account, got one of ${chosen.problem} (${workspace.uid}); "${name}" gets uid ${chosen.uid}`,
    );
  const entry: Entry = {
    name,
    uid: chosen.uid,
    gid: chosen.gid,
    home: current?.home ?? `${HOMES}/${name}`,
    shell: shellOf(current?.shell),
  };
  setPrimaryGroup(files.group.lines, entry, current?.gid);
  const groups = [...commonGroups(files.group.lines, root), ...settings.USER_GROUPS];
  const unknown = joinGroups(files.group.lines, entry, groups);
  if (unknown.length > 0)
    log.warn(
      `USER_GROUPS: expected groups of /etc/group, got ${unknown.map((word) => JSON.stringify(word)).join(", ")}; left out`,
    );
  setShadow(files.shadow, entry, settings.USER_PASSWORD, log.warn.bind(log));
  if (!isHosts) setPasswdLine(files.passwd.lines, entry);
  const write = () => {
    const problems = [files.group, files.shadow].flatMap((file) => tryToWrite(file, name));
    if (!isHosts) writePasswd(files.passwd, entry);
    // Only now: where there is no account, one line says so.
    for (const problem of problems) log.warn(problem);
  };
  return { entry, former: current?.uid, groups: groupsOf(files.group.lines, name), write };
}

interface AccountFile {
  path: string;
  lines: AccountLines;
  /** As read. */
  before: string;
}

function openFiles(root: string) {
  const open = (file: string): AccountFile => {
    const path = `${root}/etc/${file}`;
    const lines = readAccountLines(path) ?? [];
    return { path, lines, before: JSON.stringify(lines) };
  };
  return { passwd: open("passwd"), group: open("group"), shadow: open("shadow") };
}

function setShadow(
  { lines }: AccountFile,
  { name }: Entry,
  password: string | undefined,
  warn: (message: string) => void,
): void {
  if (lines.length === 0) {
    if (password !== undefined)
      warn("USER_PASSWORD: expected /etc/shadow, got none; the account has no password");
    return;
  }
  const current = lines.find(([other]) => other === name)?.[1];
  const hash = password === undefined ? undefined : passwordHash(password, current, warn);
  setShadowLine(lines, name, hash);
}

/** Writes what has changed; a mounted file is covered, never written. */
function writeFile({ path, lines, before }: AccountFile): void {
  if (JSON.stringify(lines) === before) return;
  writeAccountLines(path, lines, runtimePath(`account-${path.slice(path.lastIndexOf("/") + 1)}`));
}

function tryToWrite(file: AccountFile, name: string): string[] {
  try {
    writeFile(file);
    return [];
  } catch (error) {
    return [`"${file.path}": ${messageOf(error)}; "${name}" may lack groups or a password`];
  }
}

function writePasswd(file: AccountFile, { name, uid }: Entry): void {
  try {
    writeFile(file);
  } catch (error) {
    const isMount = mountAt(file.path) !== undefined;
    const fixes = [
      "run the container with --cap-add SYS_ADMIN",
      ...(isMount ? ["without that mount"] : []),
      `add the account to it: useradd -m -u ${uid} ${name}`,
    ];
    throw new AiDockError(
      `USER_NAME: ${file.path}${isMount ? ", a mount," : ""} has no account "${name}" with uid ${uid}, and cannot get it (${messageOf(error)}); ${fixes.join(", or ")}`,
      { cause: error },
    );
  }
}

function shellOf(current: string | undefined): string {
  const isUsable =
    current !== undefined && !/\/(?:nologin|false)$/.test(current) && isExecutableFile(current);
  return isUsable ? current : (SHELLS.find(isExecutableFile) ?? "/bin/sh");
}
