// Makes a binary that Bun has compiled deaf to Bun's own environment variables: they belong to the user's programs, and
// would run code in ours (BUN_OPTIONS), make it another program (BUN_BE_BUN) or open a debugger (BUN_INSPECT). Bun has
// no flag for that, so each name in Bun's read-only data gets a first byte that no name of a variable has.

/** Variables known to change a compiled binary; a release of Bun that reads one in another way must not pass unseen. */
export const LIVE_VARIABLES = [
  "BUN_BE_BUN",
  "BUN_BYTECODE_DIGEST_OUT",
  "BUN_BYTECODE_ORDER_OUT",
  "BUN_INSPECT",
  "BUN_INSPECT_CONNECT_TO",
  "BUN_INSPECT_PRELOAD",
  "BUN_OPTIONS",
];

/** Turns off the collection of garbage that wakes an idle process every second. */
const GC_TIMER = "BUN_GC_TIMER_DISABLE";
/** Read in place of GC_TIMER: set in every container, and any value but 0, false and the empty one says yes. */
const ALWAYS_SET = "PATH\0";

/** `BUN_JSC_…` has no name in the data: the code compares each variable's first characters with this one by one. */
const PREFIX = "BUN_JSC_";

const NEVER_IN_A_NAME = "=";

/** What the comparison with PREFIX looks like, and how its first character is replaced. */
interface Machine {
  comparison: RegExp;
  replace(this: void, binary: Buffer, at: number): void;
}

/** By the number of the processor in an ELF header. */
const machines: Record<number, Machine> = {
  // x86-64, for each character: cmp byte [register + index], character; jne
  62: {
    comparison: pattern((character, index) => {
      const where = index === 0 ? "[\\x38-\\x3f]" : `[\\x78-\\x7f]${byte(index)}`;
      return `${index === 0 ? "" : "\\x41?"}\\x80${where}${byte(character)}\\x75.`;
    }),
    replace: (binary, at) => binary.write(NEVER_IN_A_NAME, at + 2, "latin1"),
  },
  // AArch64, for each character: cmp register, #character; b.ne; ldrb of the next one
  183: {
    comparison: pattern((character, index) => {
      const low = (character & 0x3f) << 2;
      const compare = `[\\x1f\\x3f\\x5f\\x7f\\x9f\\xbf\\xdf\\xff][${byte(low)}-${byte(low | 3)}]${byte(character >> 6)}\\x71`;
      return `${index === 0 ? "" : "...\\x39"}${compare}...\\x54`;
    }),
    replace(binary, at) {
      const character = NEVER_IN_A_NAME.charCodeAt(0);
      const others = binary.readUInt32LE(at) & ~(0xfff << 10);
      binary.writeUInt32LE((others | (character << 10)) >>> 0, at);
    },
  },
};

function pattern(part: (character: number, index: number) => string): RegExp {
  return new RegExp(Array.from(Buffer.from(PREFIX), part).join(""), "gs");
}

function byte(value: number): string {
  return `\\x${value.toString(16).padStart(2, "0")}`;
}

/**
 * Changes a binary for Linux in place and returns the names that it does not read any more. Throws where Bun's part of
 * the binary is not as expected; what Bun appends (our code) is not looked at.
 */
export function ignoreBunVariables(binary: Buffer): string[] {
  const machine = machines[binary.readUInt16LE(18)];
  if (machine === undefined) throw new Error("expected a binary for x86-64 or AArch64");
  const names: string[] = [];
  let comparisons = 0;
  for (const { start, end, executable } of readOnlySegments(binary)) {
    const text = binary.toString("latin1", start, end);
    if (executable) {
      for (const { index } of text.matchAll(machine.comparison)) {
        machine.replace(binary, start + index);
        comparisons++;
      }
    } else {
      for (const { 0: name, index } of text.matchAll(/(?<=\0)BUN_\w+(?=\0)/g)) {
        binary.write(name === GC_TIMER ? ALWAYS_SET : NEVER_IN_A_NAME, start + index, "latin1");
        names.push(name);
      }
    }
  }
  for (const name of [...LIVE_VARIABLES, GC_TIMER]) expectOnce(name, names.filter((n) => n === name).length);
  expectOnce(`the comparison with ${PREFIX}`, comparisons);
  return names;
}

/**
 * Keeps Bun from raising the soft limit of open files (RLIMIT_NOFILE) to the hard one at its start, after which nobody
 * could tell what the container gave us: its one import of setrlimit(2) becomes getrlimit(2), which has the same form and
 * changes nothing. Changes the binary in place; throws where the import is not as expected.
 */
export function keepOpenFilesLimit(binary: Buffer): void {
  const imported = "\0setrlimit\0";
  const found = readOnlySegments(binary).flatMap(({ start, end }) =>
    [...binary.toString("latin1", start, end).matchAll(new RegExp(imported, "g"))].map(
      ({ index }) => start + index,
    ),
  );
  expectOnce("the import of setrlimit", found.length);
  binary.write(imported.replace("set", "get"), found[0] ?? 0, "latin1");
}

function expectOnce(what: string, count: number): void {
  if (count !== 1) throw new Error(`expected ${what} once in Bun ${Bun.version}, found it ${count} times`);
}

interface Segment {
  /** Offsets in the file. */
  start: number;
  end: number;
  executable: boolean;
}

/** Constants, and code; what Bun appends lies in a writable segment. */
function readOnlySegments(binary: Buffer): Segment[] {
  const LOAD = 1;
  const WRITABLE = 2;
  const EXECUTABLE = 1;
  const table = Number(binary.readBigUInt64LE(32));
  const size = binary.readUInt16LE(54);
  const headers = Array.from({ length: binary.readUInt16LE(56) }, (_, index) =>
    binary.subarray(table + index * size),
  );
  return headers
    .map((header) => ({ header, flags: header.readUInt32LE(4) }))
    .filter(({ header, flags }) => header.readUInt32LE(0) === LOAD && (flags & WRITABLE) === 0)
    .map(({ header, flags }) => {
      const start = Number(header.readBigUInt64LE(8));
      const end = start + Number(header.readBigUInt64LE(32));
      return { start, end, executable: (flags & EXECUTABLE) !== 0 };
    });
}
