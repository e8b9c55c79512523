const PAGE = /^<(?:!doctype\s+html|html[\s>])/i;
const COMMENT = { begin: "<!--", end: "-->" } as const;

/**
 * Whether a text begins as an HTML page does, behind blanks and comments. Those are skipped one by one: one regular
 * expression for all takes exponential time for what a server may send.
 */
export function isHtml(head: string): boolean {
  let rest = head.trimStart();
  while (rest.startsWith(COMMENT.begin)) {
    const end = rest.indexOf(COMMENT.end, COMMENT.begin.length);
    if (end === -1) return false;
    rest = rest.slice(end + COMMENT.end.length).trimStart();
  }
  return PAGE.test(rest);
}
