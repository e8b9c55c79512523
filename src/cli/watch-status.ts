import { control } from "../control/client.ts";
import type { StatusReply } from "../control/protocol.ts";

/** Between two looks; what is shown counts seconds anyway. */
const INTERVAL_MILLISECONDS = 1000;

const HOME = "\u001B[H";
const CLEAR_LINE = "\u001B[K";
const CLEAR_BELOW = "\u001B[J";
const CLEAR = "\u001B[2J";

/** Shows lines on the terminal and keeps them up to date until interrupted, or until the supervisor is gone. */
export async function watchLines(lines: (status: StatusReply) => string[]): Promise<void> {
  process.stdout.write(CLEAR);
  for (;;) {
    // A terminal that does not know its size says 0.
    const columns = process.stdout.columns || Number.POSITIVE_INFINITY;
    const rows = process.stdout.rows || Number.POSITIVE_INFINITY;
    const shown = lines(await control.status()).slice(0, Math.max(1, rows - 1));
    const body = shown
      .map((line) => `${Bun.sliceAnsi(line, 0, columns, { ellipsis: "…" })}${CLEAR_LINE}\n`)
      .join("");
    process.stdout.write(`${HOME}${body}${CLEAR_BELOW}`);
    await Bun.sleep(INTERVAL_MILLISECONDS);
  }
}

/** Without a terminal: calls `show` with every status that differs from the one before it. */
export async function watchChanges(show: (status: StatusReply) => void): Promise<void> {
  let last = "";
  for (;;) {
    const status = await control.status();
    // Time alone is no change.
    const key = JSON.stringify(status, (name, value: unknown) => (name === "uptime_s" ? undefined : value));
    if (key !== last) show(status);
    last = key;
    await Bun.sleep(INTERVAL_MILLISECONDS);
  }
}
