import { expect, test } from "bun:test";
import type { PortalControl } from "../../src/control/portal/client.ts";
import { LogCursor } from "../../src/portal/logs/log-cursor.ts";

interface File {
  inode: number;
  text: string;
}

/** A log of files, the newest first, that `rotate` may change between any two questions. */
function logOf(files: File[], rotate: () => void = () => undefined): PortalControl {
  const control: Pick<PortalControl, "logs" | "logBytes"> = {
    async logs() {
      const generations = files.map(({ inode, text }, index) => ({
        index,
        inode,
        size: text.length,
        modified: 0,
        spans: [],
      }));
      rotate();
      return [{ name: "app", stream: "stdout", generations }];
    },
    async logBytes({ index, offset, length }) {
      const file = files[index];
      if (file === undefined) return undefined;
      const text = file.text.slice(offset, offset + (length ?? file.text.length));
      return { bytes: new TextEncoder().encode(text), inode: file.inode, size: file.text.length };
    },
  };
  return control as PortalControl;
}

async function drained(control: PortalControl, files: File[]): Promise<string> {
  const oldest = files.at(-1)!;
  const cursor = new LogCursor(
    control,
    { name: "app", stream: "stdout" },
    { inode: oldest.inode, offset: 0 },
  );
  let seen = "";
  const take = async () => {
    for await (const piece of cursor.drain()) seen += "lost" in piece ? "(lost)" : Buffer.from(piece.bytes);
  };
  // A change of the newest file is told, and followed.
  for (let change = 0; change < 3; change++) await take();
  return seen;
}

const some = (): File[] => [
  { inode: 3, text: "three\n" },
  { inode: 2, text: "two\n" },
  { inode: 1, text: "one\n" },
];

test("a log is read through a rotation between the look at its files and the reading of any of them", async () => {
  for (let at = 1; at <= 6; at++) {
    const files = some();
    let looks = 0;
    const control = logOf(files, () => {
      if (++looks === at) files.unshift({ inode: 4, text: "four\n" });
    });
    expect([at, await drained(control, files)]).toEqual([at, "one\ntwo\nthree\nfour\n"]);
  }
});

test("a file that is rotated away while it is read is told to be lost", async () => {
  const files = some();
  let looks = 0;
  const control = logOf(files, () => {
    if (++looks !== 1) return;
    files.pop();
    files.unshift({ inode: 4, text: "four\n" });
  });
  expect(await drained(control, files)).toBe("(lost)two\nthree\nfour\n");
});
