// Makes a binary for Linux hold back SIGHUP, SIGINT and SIGTERM from its first instruction on where it runs as PID 1.
// PID 1 has no default actions: the kernel drops a signal that has neither a handler nor is blocked, and Bun takes tens of
// milliseconds to its first line of our code. A blocked signal stays pending until init has its handlers.

/** The three signals in a sigset_t. */
const MASK = (1n << 0n) | (1n << 1n) | (1n << 14n);

/** Both stubs have this size, with the mask at the end. */
const STUB_BYTES = 64;

/** By the number of the processor in an ELF header: code that runs before the entry point, as entry points are called. */
const machines: Record<number, (stub: number, entry: number) => Buffer> = {
  // x86-64. At an entry point only rsp and rdx mean something.
  62(stub, entry) {
    const code = Buffer.alloc(STUB_BYTES);
    const bytes = [
      [0xb8, 39, 0, 0, 0], // mov eax, SYS_getpid
      [0x0f, 0x05], // syscall
      [0x83, 0xf8, 1], // cmp eax, 1
      [0x75, 30], // jne done
      [0x49, 0x89, 0xd0], // mov r8, rdx
      [0xb8, 14, 0, 0, 0], // mov eax, SYS_rt_sigprocmask
      [0x31, 0xff], // xor edi, edi: SIG_BLOCK
      [0x48, 0x8d, 0x35, 27, 0, 0, 0], // lea rsi, [rip + 27]: the mask
      [0x31, 0xd2], // xor edx, edx: no old mask
      [0x41, 0xba, 8, 0, 0, 0], // mov r10d, 8: bytes of a mask
      [0x0f, 0x05], // syscall
      [0x4c, 0x89, 0xc2], // mov rdx, r8
      [0xe9], // done: jmp entry
    ];
    code.set(bytes.flat());
    code.writeInt32LE(entry - (stub + 47), 43);
    return code;
  },
  // AArch64. At an entry point only sp and x0 mean something.
  183(stub, entry) {
    const code = Buffer.alloc(STUB_BYTES);
    const words = [
      0xaa0003e9, // mov x9, x0
      0xd2801588, // mov x8, SYS_getpid
      0xd4000001, // svc 0
      0xf100041f, // cmp x0, 1
      0x540000e1, // b.ne done
      0xd28010e8, // mov x8, SYS_rt_sigprocmask
      0xd2800000, // mov x0, 0: SIG_BLOCK
      0x100000e1, // adr x1, the mask
      0xd2800002, // mov x2, 0: no old mask
      0xd2800103, // mov x3, 8: bytes of a mask
      0xd4000001, // svc 0
      0xaa0903e0, // done: mov x0, x9
      (0x14000000 | (((entry - (stub + 48)) >> 2) & 0x3ffffff)) >>> 0, // b entry
    ];
    for (const [index, word] of words.entries()) code.writeUInt32LE(word, index * 4);
    return code;
  },
};

/**
 * Puts the stub in front of the segment with the code, where the linker has left zeros up to the page's start, and makes
 * the stub the entry point. Changes the binary in place; throws where the binary is not as expected.
 */
export function holdEarlySignals(binary: Buffer): void {
  const stubFor = machines[binary.readUInt16LE(18)];
  if (stubFor === undefined) throw new Error("expected a binary for x86-64 or AArch64");
  const header = codeHeader(binary);
  const [offset, address, , size, sizeInMemory] = [8, 16, 24, 32, 40].map((at) =>
    Number(header.readBigUInt64LE(at)),
  ) as [number, number, number, number, number];
  const room = binary.subarray(offset - STUB_BYTES, offset);
  // The first page is mapped from its start on, whatever the header says.
  if (offset % 4096 < STUB_BYTES || room.some((byte) => byte !== 0) || isInSegment(binary, offset - 1))
    throw new Error(`expected ${STUB_BYTES} unused bytes in front of the code of Bun ${Bun.version}`);
  const stub = address - STUB_BYTES;
  room.set(stubFor(stub, Number(binary.readBigUInt64LE(24))));
  room.writeBigUInt64LE(MASK, STUB_BYTES - 8);
  for (const [at, value] of [
    [8, offset - STUB_BYTES],
    [16, stub],
    [24, stub],
    [32, size + STUB_BYTES],
    [40, sizeInMemory + STUB_BYTES],
  ] as const)
    header.writeBigUInt64LE(BigInt(value), at);
  binary.writeBigUInt64LE(BigInt(stub), 24);
}

const LOAD = 1;
const EXECUTABLE = 1;

/** The program headers of loaded segments (elf(5)). */
function loadHeaders(binary: Buffer): Buffer[] {
  const table = Number(binary.readBigUInt64LE(32));
  const size = binary.readUInt16LE(54);
  const all = Array.from({ length: binary.readUInt16LE(56) }, (_, index) =>
    binary.subarray(table + index * size, table + (index + 1) * size),
  );
  return all.filter((header) => header.readUInt32LE(0) === LOAD);
}

function codeHeader(binary: Buffer): Buffer {
  const found = loadHeaders(binary).filter((header) => (header.readUInt32LE(4) & EXECUTABLE) !== 0);
  if (found.length !== 1 || found[0] === undefined)
    throw new Error(`expected one segment with code in Bun ${Bun.version}, found ${found.length}`);
  return found[0];
}

function isInSegment(binary: Buffer, offset: number): boolean {
  return loadHeaders(binary).some((header) => {
    const start = Number(header.readBigUInt64LE(8));
    return offset >= start && offset < start + Number(header.readBigUInt64LE(32));
  });
}
