/** Values that a careless quoting would change or run. */
export const awkward: Record<string, string> = {
  JSON_VALUE: '{"a": "b c"}',
  BASE64: "abc=",
  QUOTES: `a'b"c`,
  COMMAND: "$(touch /tmp/ai-dock-executed)`touch /tmp/ai-dock-executed`",
  DOLLAR: "$HOME ${HOME} $$",
  BACKSLASH: "a\\b\\\\ \\n \\",
  COMMENT: "# no comment # at all",
  BLANKS: "  \t in front and behind  ",
  PERCENT: "%h %% %(x)s",
  UNICODE: "žluťoučký 🐎",
  EXCLAMATION: "!! !$ *?[a]",
  LONG: "x".repeat(50_000),
  MULTILINE: "one\n\ntwo 'x' \"y\"\n",
  CARRIAGE: "one\r\ntwo\r",
};
