import type { RpcValue } from "../method.ts";

const LARGEST_INT = 2 ** 31 - 1;

/** An XML-RPC response that carries a value. */
export function encodeResponse(result: RpcValue): string {
  return document(`<params><param>${value(result)}</param></params>`);
}

/** An XML-RPC response for a call that failed. */
export function encodeFault(code: number, text: string): string {
  return document(`<fault>${value({ faultCode: code, faultString: text })}</fault>`);
}

function document(body: string): string {
  return `<?xml version='1.0'?>\n<methodResponse>${body}</methodResponse>\n`;
}

function value(of: RpcValue): string {
  return `<value>${typed(of)}</value>`;
}

function typed(of: RpcValue): string {
  switch (typeof of) {
    case "string":
      return `<string>${escape(of)}</string>`;
    case "boolean":
      return `<boolean>${of ? 1 : 0}</boolean>`;
    case "number":
      // XML-RPC integers have 32 bits; supervisord caps times likewise.
      if (Number.isInteger(of)) return `<int>${Math.max(-LARGEST_INT - 1, Math.min(of, LARGEST_INT))}</int>`;
      return `<double>${of}</double>`;
    default:
      return Array.isArray(of) ? array(of) : struct(of);
  }
}

function array(items: RpcValue[]): string {
  return `<array><data>${items.map(value).join("")}</data></array>`;
}

function struct(members: { [name: string]: RpcValue }): string {
  const list = Object.entries(members).map(
    ([name, member]) => `<member><name>${escape(name)}</name>${value(member)}</member>`,
  );
  return `<struct>${list.join("")}</struct>`;
}

// Characters that logs may hold and XML may not: control characters, unpaired surrogates.
// oxlint-disable-next-line no-control-regex
const forbidden = /[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]/g;

const escapes: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;" };

function escape(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(forbidden, "\uFFFD")
    .replaceAll(/[&<>\r]/g, (character) => escapes[character] as string);
}
