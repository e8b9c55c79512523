/** What a comma in front of belongs to the entry before: pip's ranges, `torch>=2.4,<2.6`. */
const VERSION_OPERATOR = /^\s*(<|>|=|!=|~=)/;

/**
 * The entries of a list in one variable, blanks around them removed, empty ones and comments (`#`) left out. They are
 * separated by `;`, newline, or a comma outside of brackets (`transformers[torch,vision]`) and version ranges: vast.ai
 * drops variables with a semicolon.
 */
export function splitEntries(value: string): string[] {
  return split(value, true)
    .map((entry) => entry.trim())
    .filter((entry) => entry !== "" && !entry.startsWith("#"));
}

function split(value: string, hasBrackets: boolean): string[] {
  const entries: string[] = [];
  let depth = 0;
  let start = 0;
  for (let index = 0; index < value.length; index++) {
    const letter = value[index];
    if (hasBrackets && letter === "[") depth++;
    else if (hasBrackets && letter === "]" && depth > 0) depth--;
    else if (letter === ";" || letter === "\n" || (letter === "," && depth === 0 && !isRange(value, index))) {
      entries.push(value.slice(start, index));
      start = index + 1;
      // A bracket does not reach over a separator that no package name can hold.
      depth = 0;
    }
  }
  const last = value.slice(start);
  // A bracket that is never closed is one of a URL: what follows is split as usual.
  return depth > 0 ? [...entries, ...split(last, false)] : [...entries, last];
}

const isRange = (value: string, comma: number) => VERSION_OPERATOR.test(value.slice(comma + 1));
