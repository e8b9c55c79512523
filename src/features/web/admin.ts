import { AiDockError } from "../../errors.ts";
import type { Json } from "./site.ts";

const LIMIT_MILLISECONDS = 20_000;
/** Caddy serves its API anew with every configuration, and cuts off who comes in that moment. */
const TRIES = 5;
const WAIT_MILLISECONDS = 20;

/** Why Caddy has refused a configuration. Caddy goes on with the one before. */
export class Refused extends AiDockError {
  /** The port that something else holds, where that is the reason. */
  readonly takenPort: number | undefined;

  constructor(message: string, takenPort?: number) {
    super(message);
    const [, port] = /listen tcp [^ ]*:(\d+): bind: /.exec(message) ?? [];
    this.takenPort = takenPort ?? (port === undefined ? undefined : Number(port));
  }
}

/** Caddy's admin API at a unix socket. */
export function caddyAdmin(socket: string) {
  const call = async (path: string, type: string, body?: string): Promise<string> => {
    const init = body === undefined ? {} : { method: "POST", body, headers: { "Content-Type": type } };
    const signal = AbortSignal.timeout(LIMIT_MILLISECONDS);
    for (let left = TRIES; ; left--) {
      try {
        const response = await fetch(`http://caddy${path}`, { unix: socket, signal, ...init });
        const text = await response.text();
        if (response.ok) return text;
        throw new Refused(errorIn(text));
      } catch (error) {
        if (error instanceof Refused || signal.aborted || left <= 1) throw error;
        await Bun.sleep(WAIT_MILLISECONDS);
      }
    }
  };
  return {
    /** True when Caddy answers. */
    isUp: () => call("/config/admin/listen", "").then(Boolean, () => false),
    /** Takes a whole configuration; connections stay. Throws Refused, or an error when Caddy does not answer. */
    load: (config: Json) => call("/load", "application/json", JSON.stringify(config)),
    /** The JSON of a Caddyfile. Throws Refused for one with a mistake. */
    async adapt(caddyfile: string): Promise<Json> {
      const { result } = JSON.parse(await call("/adapt", "text/caddyfile", caddyfile)) as { result: Json };
      return result;
    },
  };
}

export type CaddyAdmin = ReturnType<typeof caddyAdmin>;

function errorIn(text: string): string {
  try {
    const { error } = JSON.parse(text) as { error?: unknown };
    return typeof error === "string" ? error : text;
  } catch {
    return text === "" ? "no reason given" : text;
  }
}
