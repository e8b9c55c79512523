/** An element of a document; text outside the innermost elements is kept with its parent. */
export interface Element {
  name: string;
  children: Element[];
  text: string;
}

/** Thrown for text that is not XML, or larger than a call can need. */
export class XmlError extends Error {
  override readonly name = "XmlError";
}

const DEEPEST = 100;

/** Declaration, comment, CDATA, closing tag, opening tag. Document types are refused: they define entities. */
const markup =
  /<\?[\s\S]*?\?>|<!--[\s\S]*?-->|<!\[CDATA\[([\s\S]*?)\]\]>|<\/([\w:.-]+)\s*>|<([\w:.-]+)([^<>]*?)(\/?)>/y;

/** Parses the part of XML that XML-RPC uses; attributes are skipped. Throws XmlError. */
export function parseXml(source: string): Element {
  const root: Element = { name: "", children: [], text: "" };
  const open = [root];
  for (let at = 0; at < source.length;) {
    const current = open.at(-1) as Element;
    const next = source.indexOf("<", at);
    if (next !== at) {
      current.text += decodeEntities(source.slice(at, next === -1 ? undefined : next));
      if (next === -1) break;
    }
    markup.lastIndex = next;
    const match = markup.exec(source);
    if (match === null)
      throw new XmlError(`expected markup, got ${JSON.stringify(source.slice(next, next + 20))}`);
    at = markup.lastIndex;
    const [, cdata, closing, opening, , empty] = match;
    if (cdata !== undefined) current.text += cdata;
    else if (closing !== undefined) {
      if (closing !== current.name) throw new XmlError(`expected </${current.name}>, got </${closing}>`);
      open.pop();
    } else if (opening !== undefined) {
      const element: Element = { name: opening, children: [], text: "" };
      current.children.push(element);
      if (empty === "") open.push(element);
      if (open.length > DEEPEST) throw new XmlError(`expected at most ${DEEPEST} levels`);
    }
  }
  if (open.length > 1) throw new XmlError(`expected </${open.at(-1)?.name}>, got the end`);
  const [element] = root.children;
  if (element === undefined || root.children.length > 1 || root.text.trim() !== "")
    throw new XmlError("expected one element");
  return element;
}

const entities: Record<string, string> = { lt: "<", gt: ">", amp: "&", quot: '"', apos: "'" };

function decodeEntities(text: string): string {
  return text.replaceAll(/&(#x[0-9a-f]+|#\d+|\w+);?/gi, (whole, name: string) => {
    const code = name.startsWith("#") ? Number(name.replace(/^#x/i, "0x").replace(/^#/, "")) : undefined;
    if (code !== undefined && code <= 0x10_ffff) return String.fromCodePoint(code);
    const character = Object.hasOwn(entities, name) ? entities[name] : undefined;
    if (character === undefined) throw new XmlError(`expected a known entity, got "${whole}"`);
    return character;
  });
}
