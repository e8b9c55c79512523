/** How characters look: what SGR sequences set (ECMA-48). Equal styles are one object. */
export interface Style {
  /** 0–15 by theme, 16–255 of the fixed palette, or `#rrggbb`; undefined: the theme's own. */
  readonly front?: number | string;
  readonly back?: number | string;
  readonly bold?: boolean;
  readonly faint?: boolean;
  readonly italic?: boolean;
  readonly underline?: boolean;
  readonly inverse?: boolean;
  readonly struck?: boolean;
}

export const PLAIN: Style = {};

const known = new Map<string, Style>([["{}", PLAIN]]);
/** A program may give each character a colour of its own; what is forgotten merges with no equal any more. */
const MOST_STYLES = 4096;

/** Styles are few, and lines that hold one of each character would be many. */
function intern(style: Style): Style {
  const set = Object.entries(style).filter(([, value]) => value !== undefined && value !== false);
  const key = JSON.stringify(Object.fromEntries(set.toSorted(([one], [other]) => (one < other ? -1 : 1))));
  const found = known.get(key);
  if (found !== undefined) return found;
  const fresh = Object.fromEntries(set);
  if (known.size >= MOST_STYLES) {
    known.clear();
    known.set("{}", PLAIN);
  }
  known.set(key, fresh);
  return fresh;
}

type Flag = "bold" | "faint" | "italic" | "underline" | "inverse" | "struck";

const on: Record<number, Flag> = {
  1: "bold",
  2: "faint",
  3: "italic",
  4: "underline",
  7: "inverse",
  9: "struck",
};
const off: Record<number, Flag[]> = {
  21: ["bold"],
  22: ["bold", "faint"],
  23: ["italic"],
  24: ["underline"],
  27: ["inverse"],
  29: ["struck"],
};

/** The style after a sequence of parameters of SGR. */
export function applySgr(style: Style, parameters: string): Style {
  let next: { -readonly [Name in keyof Style]: Style[Name] | undefined } = { ...style };
  const codes = parameters.split(/[;:]/).map((code) => (code === "" ? 0 : Number(code)));
  for (let at = 0; at < codes.length; at++) {
    const code = codes[at] ?? 0;
    const flag = on[code];
    if (code === 0) next = {};
    else if (flag !== undefined) next[flag] = true;
    else if (off[code] !== undefined) for (const name of off[code]) next[name] = undefined;
    else if (code >= 30 && code <= 37) next.front = code - 30;
    else if (code >= 90 && code <= 97) next.front = code - 90 + 8;
    else if (code === 39) next.front = undefined;
    else if (code >= 40 && code <= 47) next.back = code - 40;
    else if (code >= 100 && code <= 107) next.back = code - 100 + 8;
    else if (code === 49) next.back = undefined;
    else if (code === 38 || code === 48) {
      const { colour, used } = longColour(codes.slice(at + 1));
      next[code === 38 ? "front" : "back"] = colour;
      at += used;
    }
  }
  return intern(next as Style);
}

/** `5;N` is one of the palette, `2;R;G;B` any colour. */
function longColour([kind, ...values]: number[]): { colour: number | string | undefined; used: number } {
  if (kind === 5) return { colour: byte(values[0]), used: 2 };
  if (kind !== 2) return { colour: undefined, used: 1 };
  const hex = values.slice(0, 3).map((value) => byte(value).toString(16).padStart(2, "0"));
  return { colour: `#${hex.join("")}`, used: 4 };
}

const byte = (value: number | undefined) => Math.min(255, Math.max(0, Math.trunc(value ?? 0) || 0));

const STEPS = [0, 95, 135, 175, 215, 255];

/** A colour for CSS: the first 16 are the theme's, the others those of xterm. */
export function cssColour(colour: number | string): string {
  if (typeof colour === "string") return colour;
  if (colour < 16) return `var(--ansi-${colour})`;
  if (colour >= 232) {
    const grey = 8 + (colour - 232) * 10;
    return `rgb(${grey} ${grey} ${grey})`;
  }
  const index = colour - 16;
  const [red, green, blue] = [Math.floor(index / 36), Math.floor(index / 6) % 6, index % 6].map(
    (step) => STEPS[step],
  );
  return `rgb(${red} ${green} ${blue})`;
}
