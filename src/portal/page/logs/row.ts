import { cssColour, PLAIN, type Style } from "./style.ts";
import type { Line } from "./terminal.ts";

export interface RowOptions {
  /** Long lines go on in the next row. */
  wrap: boolean;
  times: boolean;
  /** Names of logs before the lines, by number of the log; empty shows none. */
  names: string[];
}

/** Of `12:34:56 `. */
const TIME_COLUMNS = 9;
/** So many colours has the theme for names. */
const NAME_COLOURS = 8;

/** Columns that the time and the name before a line take. */
export function prefixWidth({ log, notice }: Line, { times, names }: RowOptions): number {
  if (notice) return 0;
  const name = names[log];
  return (times ? TIME_COLUMNS : 0) + (name === undefined ? 0 : name.length + 1);
}

/** Puts a line into its element. Every text goes in as text: whatever programs write, nothing of it is markup. */
export function fillRow(row: HTMLElement, line: Line, { times, names, wrap }: RowOptions): void {
  const parts: HTMLElement[] = [];
  if (times && !line.notice) parts.push(span("log-time", clock(line.time)));
  const name = names[line.log];
  if (name !== undefined && !line.notice)
    parts.push(span(`log-name n${line.log % NAME_COLOURS}`, `${name} `));
  const text = span(wrap ? "log-text wrap" : "log-text");
  text.append(...piecesOf(line));
  row.replaceChildren(...parts, text);
}

function piecesOf({ text, runs }: Line): (Node | string)[] {
  const [first] = runs;
  if (first === undefined) return [text];
  const begin = first.start > 0 ? [text.slice(0, first.start)] : [];
  const rest = runs.map(({ start, style }, index) =>
    styled(text.slice(start, runs[index + 1]?.start), style),
  );
  return [...begin, ...rest];
}

function styled(text: string, style: Style): Node | string {
  if (style === PLAIN) return text;
  const made = span("", text);
  // Bold text in a dark colour is shown in the light one, as terminals do.
  const front =
    style.bold && typeof style.front === "number" && style.front < 8 ? style.front + 8 : style.front;
  const [ink, paper] = style.inverse
    ? [css(style.back) ?? "var(--log-back)", css(front) ?? "var(--log-ink)"]
    : [css(front), css(style.back)];
  if (ink !== undefined) made.style.color = ink;
  if (paper !== undefined) made.style.backgroundColor = paper;
  for (const name of ["bold", "faint", "italic", "underline", "struck"] as const)
    if (style[name]) made.classList.add(name);
  return made;
}

const css = (colour: number | string | undefined) => (colour === undefined ? undefined : cssColour(colour));

function clock(time: number): string {
  return `${new Date(time).toTimeString().slice(0, TIME_COLUMNS - 1)} `;
}

function span(className: string, text = ""): HTMLElement {
  const made = document.createElement("span");
  if (className !== "") made.className = className;
  made.textContent = text;
  return made;
}
