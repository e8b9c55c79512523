import { goToLogin } from "./api.ts";

const RETRY_MILLISECONDS = 2000;

export interface StreamHandlers {
  /** By name of the event. */
  on: Record<string, (data: never) => void>;
  /** The stream is there, or was lost and is tried again. */
  connected?: (is: boolean) => void;
}

/**
 * Follows server-sent events as long as the page is seen; begins again where the connection ends, by a path that may
 * differ then. The result ends that. A hidden page asks for nothing, so that nothing is sampled for nobody.
 */
export function follow(path: () => string, { on, connected }: StreamHandlers): () => void {
  let source: EventSource | undefined;
  let retry: number | undefined;
  const close = () => {
    clearTimeout(retry);
    source?.close();
    source = undefined;
  };
  const open = () => {
    close();
    source = new EventSource(`/api/v1${path()}`);
    source.addEventListener("open", () => connected?.(true));
    source.addEventListener("error", () => {
      close();
      connected?.(false);
      retry = window.setTimeout(() => void check(open), RETRY_MILLISECONDS);
    });
    for (const [name, handle] of Object.entries(on))
      source.addEventListener(name, (event) =>
        handle(JSON.parse((event as MessageEvent<string>).data) as never),
      );
  };
  const look = () => {
    if (document.hidden) close();
    else if (source === undefined) open();
  };
  document.addEventListener("visibilitychange", look);
  look();
  return () => {
    document.removeEventListener("visibilitychange", look);
    close();
  };
}

/** EventSource does not tell why it failed: a session that is over leads to the login. */
async function check(open: () => void): Promise<void> {
  const response = await fetch("/api/v1/state", { method: "GET" }).catch(() => undefined);
  if (response?.status === 401) goToLogin();
  else open();
}
