const HOME = "\u001B[H";
const CLEAR_LINE = "\u001B[K";
const CLEAR_BELOW = "\u001B[J";
const CLEAR = "\u001B[2J";

/** Shows lines on the terminal and redraws them in place every so often, until a signal or until `lines` rejects. */
export async function redraw(milliseconds: number, lines: () => Promise<string[]>): Promise<never> {
  process.stdout.write(CLEAR);
  for (;;) {
    const { columns, rows } = screenSize();
    const shown = (await lines()).slice(0, Math.max(1, rows - 1));
    const body = shown
      .map((line) => `${Bun.sliceAnsi(line, 0, columns, { ellipsis: "…" })}${CLEAR_LINE}\n`)
      .join("");
    process.stdout.write(`${HOME}${body}${CLEAR_BELOW}`);
    await Bun.sleep(milliseconds);
  }
}

/** Of the terminal; without one, and for one that does not know its size and says 0, there is room for everything. */
export function screenSize(): { columns: number; rows: number } {
  return {
    columns: process.stdout.columns || Number.POSITIVE_INFINITY,
    rows: process.stdout.rows || Number.POSITIVE_INFINITY,
  };
}
