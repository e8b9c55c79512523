import { backoff, pause } from "./backoff.ts";
import type { Client } from "./connection.ts";
import { PassingError } from "./error.ts";
import { label } from "./label.ts";
import type { DownloadLimits } from "./limits.ts";
import type { TokenName } from "./refuse.ts";
import { ask, askWhole, type FirstRange, type Remote } from "./remote.ts";
import { giveUp } from "./session.ts";

interface Asked {
  url: URL;
  client: Client;
  limits: DownloadLimits;
  tokenName: TokenName;
}

/** Asks for the first range of a file, or for all of it, again and again while the server is busy. Throws DownloadError. */
export async function askPatiently(asked: Asked, first: FirstRange | undefined): Promise<Remote> {
  const { url, client, limits, tokenName } = asked;
  for (let failures = 1; ; failures++) {
    try {
      if (first === undefined) return await askWhole(client, url, tokenName);
      return await ask(client, url, first, tokenName);
    } catch (error) {
      if (!(error instanceof PassingError)) throw error;
      if (failures >= limits.attempts) throw giveUp(error, label(url), failures);
      await pause(backoff(failures, limits.delaySeconds, error.after), client.signal);
    }
  }
}
