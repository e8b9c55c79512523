import { cString, libc, systemError } from "./libc.ts";

const AT_FDCWD = -100;
const RENAME_NOREPLACE = 1;
const RENAME_EXCHANGE = 2;

/** renameat2(2): fails with EEXIST where something has the new name. Throws with an errno `code`. */
export function renameWithoutReplacing(from: string, to: string): void {
  renameWith(from, to, RENAME_NOREPLACE);
}

/** renameat2(2): swaps two entries at once. Throws with an errno `code`: EXDEV for directories of an overlay's lower layer. */
export function exchange(one: string, other: string): void {
  renameWith(one, other, RENAME_EXCHANGE);
}

function renameWith(from: string, to: string, flags: number): void {
  if (libc.renameat2(AT_FDCWD, cString(from), AT_FDCWD, cString(to), flags) !== 0)
    throw systemError("rename", `${from} -> ${to}`);
}
