/** Options without a value, case-insensitive; most also exist with "no-" in front. */
const flags = new Set(
  [
    "agent-forwarding",
    "cert-authority",
    "port-forwarding",
    "pty",
    "restrict",
    "touch-required",
    "user-rc",
    "verify-required",
    "x11-forwarding",
  ].flatMap((name) => (["cert-authority", "restrict"].includes(name) ? [name] : [name, `no-${name}`])),
);

const withValue = new Set([
  "command",
  "environment",
  "expiry-time",
  "from",
  "permitlisten",
  "permitopen",
  "principals",
  "tunnel",
]);

const EXPIRY = /^\d{8}(?:\d{4}(?:\d{2})?)?Z?$/;

/** The length of the options at the start of a line, which end at the first blank outside quotes. */
export function optionsLength(line: string): number {
  let quoted = false;
  for (let index = 0; index < line.length; index++) {
    const character = line[index];
    if (character === "\\" && line[index + 1] === '"') index++;
    else if (character === '"') quoted = !quoted;
    else if (!quoted && (character === " " || character === "\t")) return index;
  }
  return line.length;
}

/** What is wrong with the options of a key, or undefined. sshd ignores the whole line for one bad option. */
export function optionsProblem(options: string): string | undefined {
  for (const option of splitOptions(options)) {
    const [, name = "", value] = /^([\w-]*)(?:=(.*))?$/s.exec(option) ?? [];
    const lower = name.toLowerCase();
    if (value === undefined && flags.has(lower)) continue;
    if (!withValue.has(lower)) return `an unknown option "${name === "" ? option.slice(0, 32) : name}"`;
    if (value === undefined || !/^"(?:[^"\\]|\\.)*"$/s.test(value))
      return `the option "${name}" without a quoted value`;
    if (lower === "expiry-time" && !EXPIRY.test(value.slice(1, -1)))
      return `the option "${name}" without a date such as "20301231"`;
  }
  return undefined;
}

function splitOptions(options: string): string[] {
  return options.match(/(?:[^,"\\]|\\.|"(?:[^"\\]|\\.)*"?)+|(?<=,)(?=,|$)|^(?=,)/gs) ?? [options];
}
