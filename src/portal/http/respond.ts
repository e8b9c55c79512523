/** Scripts and styles of ours only, none inline; nobody may frame a page of ours, nor lead its forms elsewhere. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
].join("; ");

const always = {
  "Cache-Control": "no-store",
  "Content-Security-Policy": POLICY,
  "Cross-Origin-Resource-Policy": "same-origin",
  // Not "no-referrer", with which browsers would send our own forms from the origin "null".
  "Referrer-Policy": "same-origin",
  "X-Content-Type-Options": "nosniff",
  "X-Frame-Options": "DENY",
};

type Extra = Record<string, string>;

/** One line of text. */
export function plain(status: number, text: string, headers: Extra = {}): Response {
  return answer(status, `${text}\n`, "text/plain; charset=utf-8", headers);
}

export function html(status: number, text: string, headers: Extra = {}): Response {
  return answer(status, text, "text/html; charset=utf-8", headers);
}

export function json(value: unknown, status = 200): Response {
  return answer(status, JSON.stringify(value), "application/json", {});
}

/** An answer with the headers that all of ours have. */
export function answer(status: number, body: Bun.BodyInit | null, type: string, headers: Extra): Response {
  return new Response(body, { status, headers: { ...always, "Content-Type": type, ...headers } });
}
