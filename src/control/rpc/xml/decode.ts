import { type Element, parseXml, XmlError } from "./parse.ts";

export interface Call {
  method: string;
  params: unknown[];
}

/** Reads an XML-RPC call (xmlrpc.com/spec). Dates stay text, base64 becomes UTF-8 text. Throws XmlError. */
export function decodeCall(source: string): Call {
  const root = parseXml(source);
  if (root.name !== "methodCall") throw new XmlError(`expected <methodCall>, got <${root.name}>`);
  const method = only(root, "methodName").text.trim();
  const params = root.children.find(({ name }) => name === "params");
  return {
    method,
    params: params === undefined ? [] : params.children.map((param) => value(only(param, "value"))),
  };
}

function value({ children, text }: Element): unknown {
  const [type] = children;
  // A value without a type is text.
  if (type === undefined) return text;
  if (children.length > 1) throw new XmlError("expected one type in <value>");
  const decode = Object.hasOwn(types, type.name) ? types[type.name] : undefined;
  if (decode === undefined) throw new XmlError(`expected a type of XML-RPC, got <${type.name}>`);
  return decode(type);
}

const types: Record<string, (element: Element) => unknown> = {
  string: ({ text }) => text,
  int: integer,
  i4: integer,
  i8: integer,
  double: ({ text }) => number(text, /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i, "a number"),
  boolean: ({ text }) => {
    if (!/^[01]$/.test(text.trim())) throw new XmlError(`expected 0 or 1, got "${text}"`);
    return text.trim() === "1";
  },
  base64: ({ text }) => Buffer.from(text, "base64").toString(),
  "dateTime.iso8601": ({ text }) => text.trim(),
  nil: () => null,
  array: (element) => only(element, "data").children.map(value),
  struct: ({ children }) =>
    Object.fromEntries(children.map((member) => [only(member, "name").text, value(only(member, "value"))])),
};

function integer({ text }: Element): number {
  return number(text, /^[+-]?\d+$/, "an integer");
}

function number(text: string, form: RegExp, expected: string): number {
  const result = Number(text.trim());
  if (!form.test(text.trim()) || !Number.isFinite(result))
    throw new XmlError(`expected ${expected}, got "${text}"`);
  return result;
}

function only({ name, children }: Element, wanted: string): Element {
  const [found, more] = children.filter((child) => child.name === wanted);
  if (found === undefined || more !== undefined) throw new XmlError(`expected one <${wanted}> in <${name}>`);
  return found;
}
