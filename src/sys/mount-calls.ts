import { cString, libc, systemError } from "./libc.ts";

const MS_BIND = 4096n;

/** Bind-mounts a file or directory over another. Throws with an errno `code`. */
export function bindMount(source: string, target: string): void {
  if (libc.mount(cString(source), cString(target), null, MS_BIND, null) !== 0)
    throw systemError("mount", target);
}

const MS_NOSUID = 2n;
const MS_NODEV = 4n;
const MS_REMOUNT = 32n;
const MS_NOSYMFOLLOW = 256n;

/** Makes path lookups in one mount follow no symlink. Kernels before 5.10 ignore that. Throws with an errno `code`. */
export function forbidSymlinks(target: string): void {
  const flags = MS_REMOUNT | MS_BIND | MS_NOSUID | MS_NODEV | MS_NOSYMFOLLOW;
  if (libc.mount(null, cString(target), null, flags, null) !== 0) throw systemError("mount", target);
}

const MS_RDONLY = 1n;
const EMPTY = cString("size=4k,mode=0555");

/** Mounts a directory over `target` that stays empty; `name` is what mountinfo shows. Throws with an errno `code`. */
export function mountEmpty(target: string, name: string): void {
  if (libc.mount(cString(name), cString(target), cString("tmpfs"), MS_RDONLY, EMPTY) !== 0)
    throw systemError("mount", target);
}

const MNT_DETACH = 2;
const UMOUNT_NOFOLLOW = 8;

/** Detaches the topmost mount of `target` at once, even a busy or hung one (MNT_DETACH). Throws with an errno `code`. */
export function detachMount(target: string): void {
  if (libc.umount2(cString(target), MNT_DETACH | UMOUNT_NOFOLLOW) !== 0) throw systemError("umount2", target);
}
