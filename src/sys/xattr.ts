import { cString, libc, systemError } from "./libc.ts";

/** setxattr(2). Throws with an errno `code` such as `ENOTSUP`. */
export function setXattr(path: string, name: string, value: Uint8Array): void {
  const size = BigInt(value.byteLength);
  if (libc.setxattr(cString(path), cString(name), value, size, 0) !== 0) throw systemError("setxattr", path);
}

/** getxattr(2); null when the attribute is not set. Throws with an errno `code`. */
export function getXattr(path: string, name: string): Uint8Array | null {
  const buffer = Buffer.alloc(65_536);
  const size = Number(libc.getxattr(cString(path), cString(name), buffer, BigInt(buffer.byteLength)));
  if (size >= 0) return buffer.subarray(0, size);
  const error = systemError("getxattr", path);
  if (error.code === "ENODATA") return null;
  throw error;
}

/** removexattr(2); an attribute that is not set is no error. Throws with an errno `code`. */
export function removeXattr(path: string, name: string): void {
  if (libc.removexattr(cString(path), cString(name)) === 0) return;
  const error = systemError("removexattr", path);
  if (error.code !== "ENODATA") throw error;
}

/** listxattr(2): the names of all attributes that this user may see. Throws with an errno `code`. */
export function listXattrs(path: string): string[] {
  const buffer = Buffer.alloc(65_536);
  const size = Number(libc.listxattr(cString(path), buffer, BigInt(buffer.byteLength)));
  if (size < 0) throw systemError("listxattr", path);
  return buffer
    .toString("utf8", 0, size)
    .split("\0")
    .filter((name) => name !== "");
}
