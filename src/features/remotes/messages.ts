/** rclone quotes a line of its configuration that it cannot read; that may be half of a wrapped token. */
const quoted = /(could not parse line): .*/;

/** What rclone complained of last in some output, without its clock and without what may be secret. */
export function lastMessage(text: string): string | undefined {
  const lines = text.split("\n").flatMap((line) => {
    const [, level, message] = /^(?:[\d/]+ [\d:]+ )?(CRITICAL|ERROR)(?:\+\d+)? *:? *(.*)$/.exec(line) ?? [];
    return level === undefined || message === undefined ? [] : [message.replace(/^Fatal error: /, "")];
  });
  return lines.at(-1)?.replace(quoted, "$1");
}
