import type { PortalState } from "../control/portal/protocol.ts";
import type { Service } from "../control/service.ts";
import type { Visitor } from "./auth/visitor.ts";
import type { PortalContext } from "./context.ts";
import { html, json, plain } from "./http/respond.ts";
import { lastLines } from "./logs/tail.ts";
import { type Waiting, waitingPage } from "./pages/waiting.ts";

/** What the waiting page asks for to renew itself; an app that is up answers with another type. */
export const WAITING_TYPE = "application/vnd.ai-dock.waiting+json";

const RETRY_SECONDS = "2";
const LINES = 12;

/** The answer in the place of an app that cannot be reached: a page that waits for people, a status for machines. */
export async function notReady(visitor: Visitor, context: PortalContext): Promise<Response> {
  const renewal = visitor.headers.get("accept") === WAITING_TYPE;
  const headers = { "Retry-After": RETRY_SECONDS };
  if (!visitor.navigation && !renewal) return plain(503, "The service is not ready yet", headers);
  const waiting = await waitingFor(visitor, context);
  // Cloudflare would put a page of its own in the place of a 503.
  const status = visitor.tunnel ? 200 : 503;
  if (!renewal) return html(status, waitingPage(waiting), headers);
  const answer = json(waiting, status);
  answer.headers.set("Content-Type", WAITING_TYPE);
  return answer;
}

async function waitingFor(visitor: Visitor, context: PortalContext): Promise<Waiting> {
  const { state, credentials } = context.knowledge;
  const service = state?.services.find(({ port }) => port === visitor.port);
  const name = service?.name ?? `Port ${visitor.port}`;
  if (state === undefined || credentials === undefined)
    return { name, text: "The supervisor starts", lines: [] };
  // Caddy asks for visitors that have passed alone, and has taken away by then what they have shown.
  const mayRead = !credentials.exclude.includes(visitor.port);
  const log = mayRead ? logOf(state, service) : undefined;
  return {
    name,
    text: describe(state, service),
    lines: log === undefined ? [] : await lastLines(context.link, log, LINES),
  };
}

function describe({ phase, boot, programs }: PortalState, service: Service | undefined): string {
  if (phase === "stopping") return "The container is stopping";
  if (boot !== null) return `The container is booting: ${boot.step}`;
  const program = programs.find(({ id }) => id === service?.program);
  if (program === undefined) return service?.reason ?? "Nothing answers yet";
  const why = program.reason ?? program.note ?? service?.reason;
  return `${program.id} is ${program.state}${why ? `: ${why}` : program.state === "RUNNING" ? ", and does not answer yet" : ""}`;
}

/** The log that tells most of what is waited for. */
function logOf({ boot, programs }: PortalState, service: Service | undefined): string | undefined {
  if (boot !== null) return boot.step === "provisioning" ? "provisioning" : "boot";
  return programs.find(({ id }) => id === service?.program)?.stdout_log ?? undefined;
}
