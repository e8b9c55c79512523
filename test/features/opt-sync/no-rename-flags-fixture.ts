import { ptr } from "bun:ffi";
import { execForeground, libc } from "../../../src/sys/libc.ts";

/** Becomes a command for which every file system is one that knows no flags of renameat2(2), as NFS and most of FUSE. */

const PR_SET_SECCOMP = 22;
const SECCOMP_MODE_FILTER = 2n;
const EINVAL = 22;
const RENAMEAT2 = process.arch === "arm64" ? 276 : 316;

/** Offsets in struct seccomp_data: the number of the call, and the lower half of its fifth argument. */
const NUMBER = 0;
const FLAGS = 48;

const [LOAD, JUMP_EQUAL, RETURN] = [0x20, 0x15, 0x06];
const ALLOW = 0x7fff0000;
const ERRNO = 0x00050000;

/** struct sock_filter: code, where to go on when true and when false, operand. */
const program: [number, number, number, number][] = [
  [LOAD, 0, 0, NUMBER],
  [JUMP_EQUAL, 0, 3, RENAMEAT2],
  [LOAD, 0, 0, FLAGS],
  [JUMP_EQUAL, 1, 0, 0],
  [RETURN, 0, 0, ERRNO | EINVAL],
  [RETURN, 0, 0, ALLOW],
];

const filter = new DataView(new ArrayBuffer(8 * program.length));
for (const [index, [code, yes, no, operand]] of program.entries()) {
  filter.setUint16(8 * index, code, true);
  filter.setUint8(8 * index + 2, yes);
  filter.setUint8(8 * index + 3, no);
  filter.setUint32(8 * index + 4, operand, true);
}
const header = new DataView(new ArrayBuffer(16));
header.setUint16(0, program.length, true);
header.setBigUint64(8, BigInt(ptr(filter.buffer)), true);
if (libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, BigInt(ptr(header.buffer)), 0n, 0n) !== 0)
  throw new Error("The kernel takes no filter");
throw new Error(execForeground(process.argv.slice(2), process.env as Record<string, string>));
