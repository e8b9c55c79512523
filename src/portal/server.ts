import { chmodSync, rmSync } from "node:fs";
import type { Server } from "bun";
import { AiDockError, messageOf } from "../errors.ts";
import { logger } from "../log.ts";
import { answerApi } from "./api/answer.ts";
import { identify } from "./auth/identify.ts";
import { refuse } from "./auth/refuse.ts";
import { askedVisitor, visitorOf } from "./auth/visitor.ts";
import { check, dropToken } from "./check.ts";
import type { PortalContext } from "./context.ts";
import { html, plain } from "./http/respond.ts";
import { notReady } from "./not-ready.ts";
import { ownPaths } from "./own.ts";
import { appPage } from "./pages/app.ts";
import { tidyAfterwards } from "../sys/tidy.ts";

/** Nothing larger than a form is ever sent to us. */
const LARGEST_BODY_BYTES = 64 * 1024;

const CHECK = "/.ai-dock/check";
const ACTIVITY = "/.ai-dock/activity";

const log = logger("portal");

/** Serves everything on a unix socket that the owner and the group of its directory may use. */
export function serve(context: PortalContext, path: string): Server<undefined> {
  rmSync(path, { force: true });
  const tidy = tidyAfterwards();
  const umask = process.umask(0o117);
  try {
    const server = Bun.serve({
      unix: path,
      maxRequestBodySize: LARGEST_BODY_BYTES,
      // Streams stay silent for long. The types know this option for TCP only; timeout() does not hold for streams.
      ...({ idleTimeout: 0 } as object),
      async fetch(request) {
        tidy();
        const response = await route(context, request);
        // Caddy takes nothing else for an answer to a check.
        if (new URL(request.url).pathname === CHECK) response.headers.set("X-AI-Dock-Check", "1");
        return response;
      },
      error: (error) => failure(error),
    });
    chmodSync(path, 0o660);
    return server;
  } finally {
    process.umask(umask);
  }
}

async function route(context: PortalContext, request: Request): Promise<Response> {
  const { pathname } = new URL(request.url);
  if (pathname === "/.ai-dock/health") return plain(200, "ok");
  // For the guard of idle containers in PID 1; Caddy lets no visitor come here.
  if (pathname === ACTIVITY) return plain(200, String(context.activity.count));
  const { credentials, state } = context.knowledge;
  if (credentials === undefined || state === undefined)
    return plain(503, "The supervisor of this container does not answer", { "Retry-After": "2" });
  if (pathname.startsWith("/.ai-dock/")) {
    // Caddy alone can set what makes a question; a client's request of that path has none of it.
    const asked = askedVisitor(request);
    if (asked !== undefined && pathname === CHECK) {
      const answer = check(asked, credentials, context.guards);
      if (answer.ok) context.activity.app(asked);
      return answer;
    }
    if (pathname === "/.ai-dock/not-ready" && request.headers.has("x-ai-dock-error"))
      return await notReady(asked ?? visitorOf(request), context);
    return plain(404, "No such page");
  }
  const visitor = visitorOf(request);
  const asset = /^\/ai-dock\/assets\/([\w.-]+)$/.exec(pathname)?.[1];
  if (asset !== undefined && request.method === "GET")
    return context.assets.respond(asset, request) ?? plain(404, "No such file");
  const method = request.method === "HEAD" ? "GET" : request.method;
  const own = Object.hasOwn(ownPaths, `${method} ${pathname}`)
    ? ownPaths[`${method} ${pathname}`]
    : undefined;
  if (own !== undefined) return await own({ request, visitor, credentials, context });
  const portal = state.services.find(({ kind }) => kind === "portal");
  if (portal === undefined || visitor.port !== portal.port) return plain(404, "No such page");
  const access = identify(visitor, credentials, context.guards);
  if (!access.granted) return refuse(visitor, access);
  context.activity.portal(visitor);
  if (access.via === "token" && visitor.navigation)
    return dropToken(visitor, credentials, context.guards, access);
  if (pathname.startsWith("/api/"))
    return await answerApi(visitor, access.via, { request, context, credentials, state });
  if (pathname === "/metrics" && method === "GET") return await context.metrics.respond(request.headers);
  const frame = appPage(pathname);
  return frame === undefined ? plain(404, "No such page") : html(200, frame);
}

function failure(error: unknown): Response {
  if (!(error instanceof AiDockError)) log.error(`a request failed: ${messageOf(error)}`);
  return plain(
    error instanceof AiDockError ? 502 : 500,
    error instanceof AiDockError ? error.message : "Internal error",
  );
}
