import { isCodeOf } from "../control/portal/code.ts";
import type { Credentials } from "../control/portal/protocol.ts";
import { identify, isLogin, type Guards } from "./auth/identify.ts";
import { originOf } from "./auth/origin.ts";
import { safePath } from "./auth/paths.ts";
import { refuseForeign, slowDown } from "./auth/refuse.ts";
import { isOneOf } from "../control/portal/secret.ts";
import type { Visitor } from "./auth/visitor.ts";
import type { PortalContext } from "./context.ts";
import { html, plain } from "./http/respond.ts";
import { enterPage, loginPage, logoutPage } from "./pages/login.ts";

/** Far more than a name and a password. */
const LONGEST_FORM = 16 * 1024;

const WRONG = "Wrong user name or password";
const LINK_IS_OVER = "The link was used before, or is too old: ai-dock web prints another one";

interface Own {
  request: Request;
  visitor: Visitor;
  credentials: Credentials;
  context: PortalContext;
}

/** What we answer below /ai-dock on each guarded port, without a login; by method and path, to the letter. */
export const ownPaths: Record<string, (own: Own) => Response | Promise<Response>> = {
  "GET /ai-dock/login": ({ request, visitor, credentials, context }) => {
    const next = safePath(new URL(request.url).searchParams.get("next") ?? "/");
    return isIn({ visitor, credentials, context }) ? goTo(next) : html(200, loginPage(next));
  },
  "POST /ai-dock/login": logIn,
  "GET /ai-dock/logout": () => html(200, logoutPage()),
  "POST /ai-dock/logout": ({ visitor, credentials, context: { guards } }) => {
    if (originOf(visitor) !== "same") return refuseForeign();
    const session = guards.sessions.find(credentials, visitor.headers.get("cookie"));
    return goTo("/ai-dock/login", guards.sessions.end(credentials, session, visitor.secure), 303);
  },
  "GET /ai-dock/pre-auth": preAuth,
  "POST /ai-dock/pre-auth": useCode,
  "GET /ai-dock/health-check": () => plain(200, "ok"),
};

async function logIn({ request, visitor, credentials, context: { guards } }: Own): Promise<Response> {
  // Else another site could log its visitors in as somebody else.
  if (originOf(visitor) !== "same") return refuseForeign();
  const fields = await fieldsOf(request);
  // Nothing is waited for from here on, so that no number of requests at once gets more than its share.
  const waitSeconds = guards.attempts.wait(visitor.client);
  if (waitSeconds > 0) return slowDown(waitSeconds);
  const next = safePath(fields.get("next") ?? "/");
  if (!isLogin(fields.get("user") ?? "", fields.get("password") ?? "", credentials)) {
    guards.attempts.failed(visitor.client);
    return html(401, loginPage(next, WRONG), { "WWW-Authenticate": 'Bearer realm="ai-dock"' });
  }
  return enter(next, visitor, credentials, guards, 303);
}

/** `?token=` with the API token, or `?code=` of `ai-dock web`: previews of chats follow links, and must not use one up. */
function preAuth({ request, visitor, credentials, context }: Own): Response {
  const { searchParams } = new URL(request.url);
  const next = safePath(searchParams.get("next") ?? "/");
  const [token, code] = [searchParams.get("token"), searchParams.get("code")];
  const { attempts } = context.guards;
  if (code !== null) {
    if (isIn({ visitor, credentials, context })) return goTo(next);
    return isCodeOf(credentials.sessionKey, code)
      ? html(200, enterPage(code, next))
      : refuseLink(next, LINK_IS_OVER);
  }
  const waitSeconds = attempts.wait(visitor.client);
  if (waitSeconds > 0) return slowDown(waitSeconds);
  if (isOneOf(token ?? "", credentials.tokens)) return enter(next, visitor, credentials, context.guards, 302);
  if (token !== null) attempts.failed(visitor.client);
  return refuseLink(next, "The token in the link is wrong");
}

/** The button behind `?code=`, which counts once. */
async function useCode({ request, visitor, credentials, context }: Own): Promise<Response> {
  // As with a password: else another site could log its visitors in.
  if (originOf(visitor) !== "same") return refuseForeign();
  const fields = await fieldsOf(request);
  const [next, code] = [safePath(fields.get("next") ?? "/"), fields.get("code") ?? ""];
  // Nobody can guess one, so that nobody has to wait: a flood of wrong ones must not keep the owner's link out.
  return isCodeOf(credentials.sessionKey, code) && (await isGoodCode(context, code))
    ? enter(next, visitor, credentials, context.guards, 303)
    : refuseLink(next, LINK_IS_OVER);
}

async function fieldsOf(request: Request): Promise<URLSearchParams> {
  return new URLSearchParams((await request.text()).slice(0, LONGEST_FORM));
}

function refuseLink(next: string, message: string): Response {
  return html(401, loginPage(next, message), { "WWW-Authenticate": 'Bearer realm="ai-dock"' });
}

function enter(
  next: string,
  { client, secure }: Visitor,
  credentials: Credentials,
  guards: Guards,
  status: number,
) {
  guards.attempts.succeeded(client);
  return goTo(next, guards.sessions.begin(credentials, secure), status);
}

function goTo(path: string, cookie?: string, status = 302): Response {
  return plain(status, path, { Location: path, ...(cookie === undefined ? {} : { "Set-Cookie": cookie }) });
}

/** Whoever is in already has nothing to log in for. Only a session counts here: a look at the login page is no attempt. */
function isIn({ visitor, credentials, context }: Omit<Own, "request">): boolean {
  const cookie = visitor.headers.get("cookie");
  const shown = { ...visitor, uri: "/", headers: new Headers(cookie === null ? {} : { cookie }) };
  return identify(shown, credentials, context.guards).granted;
}

/** Uses a code up. False, too, where the supervisor does not answer. */
async function isGoodCode({ link }: PortalContext, code: string): Promise<boolean> {
  return await link.redeem(code).catch(() => false);
}
