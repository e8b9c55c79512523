/** What rclone complained of last in some output, without its clock. */
export function lastMessage(text: string): string | undefined {
  const lines = text.split("\n").flatMap((line) => {
    const [, level, message] = /^(?:[\d/]+ [\d:]+ )?(CRITICAL|ERROR)(?:\+\d+)? *:? *(.*)$/.exec(line) ?? [];
    return level === undefined || message === undefined ? [] : [message.replace(/^Fatal error: /, "")];
  });
  return lines.at(-1);
}
