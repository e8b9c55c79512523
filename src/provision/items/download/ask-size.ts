import { PassingError } from "../../download/error.ts";
import { defaultLimits } from "../../download/limits.ts";
import { ask } from "../../download/remote.ts";
import type { Tokens } from "../../sources/tokens.ts";
import type { ItemContext } from "../context.ts";

/**
 * The size of a file as its server tells it, asked once; undefined where it tells none or is busy. Throws DownloadError
 * where a download would fail.
 */
export async function askSize(
  url: string,
  tokens: Tokens,
  { env, signal }: Pick<ItemContext, "env" | "signal">,
): Promise<number | undefined> {
  const client = {
    authorization: (host: string) => tokens.authorization(host),
    env,
    timeoutSeconds: defaultLimits.timeoutSeconds,
    signal,
  };
  try {
    const { connection, size } = await ask(client, new URL(url), { offset: 0, end: 1 }, (host) =>
      tokens.tokenName(host),
    );
    connection[Symbol.dispose]();
    return size;
  } catch (error) {
    if (error instanceof PassingError) return undefined;
    throw error;
  }
}
