const OPTIONS = new Set(["-c", "--channel"]);
/** conda, mamba and micromamba read it: a list with commas, behind the channels of `-c`. */
const VARIABLE = "CONDA_CHANNELS";
/** A user with a password, or a token in the path as anaconda.org has it. */
const SECRET = /:\/\/(?:[^/\s]*@|.*\/t\/[^/]+)/;

/** The words of a command for channels, or where an address has a secret, which `ps` would show, a variable for all. */
export function hideChannels(
  channels: readonly string[],
  args: readonly string[],
): { words: string[]; env: Record<string, string> } {
  const [all, others]: [string[], string[]] = [[...channels], []];
  for (let index = 0; index < args.length; index++) {
    const word = args[index] ?? "";
    const [, option = word, inline] = /^(--channel)=(.*)$/s.exec(word) ?? [];
    if (OPTIONS.has(option)) all.push(inline ?? args[++index] ?? "");
    else others.push(word);
  }
  if (all.some((channel) => SECRET.test(channel)))
    return { words: others, env: { [VARIABLE]: all.join(",") } };
  return { words: [...channels.flatMap((channel) => ["-c", channel]), ...args], env: {} };
}
