/** The page with the block between `<!-- NAME: begin -->` and `<!-- NAME: end -->` replaced. Throws without that block. */
export function withBlock(page: string, name: string, content: string): string {
  const [begin, end] = [`<!-- ${name}: begin -->`, `<!-- ${name}: end -->`];
  const [before, rest, ...more] = page.split(begin);
  const after = rest?.split(end)[1];
  if (before === undefined || after === undefined || more.length > 0)
    throw new Error(`Expected one block from "${begin}" to "${end}"`);
  return `${before}${begin}\n\n${content.trim()}\n\n${end}${after}`;
}
