import { messageOf } from "../../../errors.ts";
import { portalHttpSocket } from "../../web/paths.ts";
import { seen, type Source, unmeasured } from "./activity.ts";

const LIMIT_MILLISECONDS = 3000;
const MOST_CHARACTERS = 40;

/** Requests that have got past the login, which the portal counts. `isUp` says whether the portal runs. */
export function webSource(isUp: () => boolean, socket: () => string = portalHttpSocket): Source {
  let before: string | undefined;
  return {
    name: "web",
    async look() {
      if (!isUp()) return [];
      try {
        const response = await fetch("http://portal/.ai-dock/activity", {
          unix: socket(),
          signal: AbortSignal.timeout(LIMIT_MILLISECONDS),
          redirect: "manual",
        });
        if (!response.ok) throw new Error(`HTTP status ${response.status}`);
        const last = before;
        before = await firstOf(response);
        // Another process of the portal begins anew.
        const isSame = last === before || before === "0";
        return last === undefined || isSame ? [] : [seen("web", "requests through the portal")];
      } catch (error) {
        return [unmeasured("web", `the portal does not tell of requests (${messageOf(error)})`)];
      }
    },
  };
}

/** The first part of an answer: the portal talks to the internet, and could be made to send without end. */
async function firstOf({ body }: Response): Promise<string> {
  const reader = body?.getReader();
  const part = await reader?.read();
  await reader?.cancel();
  return Buffer.from(part?.value ?? [])
    .toString("latin1")
    .slice(0, MOST_CHARACTERS);
}
