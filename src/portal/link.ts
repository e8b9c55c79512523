import type { Credentials } from "../control/portal/protocol.ts";
import { portalStreamsAt } from "../control/portal/streams.ts";

/**
 * What the portal asks PID 1 for while nobody looks at its pages. Answers are taken as they are: PID 1 runs the same
 * executable, and whoever is PID 1 decides on everything anyway.
 */
export function linkTo(socket: string) {
  const ask = async <Reply>(path: string, init: RequestInit = {}): Promise<Reply> => {
    const response = await fetch(`http://ai-dock${path}`, { ...init, unix: socket } as RequestInit);
    if (!response.ok) throw new Error(`HTTP status ${response.status} for ${path}`);
    return (await response.json()) as Reply;
  };
  return {
    socket,
    ...portalStreamsAt(socket),
    credentials: () => ask<Credentials>("/credentials"),
    /** A variable of the environment that programs get; undefined where that is not set. */
    async variable(name: string): Promise<string | undefined> {
      const rows = await ask<{ name: string; value: string | null }[]>("/environment");
      return rows.find((row) => row.name === name)?.value ?? undefined;
    },
    /** Uses a code of `ai-dock web` up; false where it is none. */
    async redeem(code: string): Promise<boolean> {
      const body = JSON.stringify({ code });
      return (await ask<{ ok: boolean }>("/redeem", { method: "POST", body })).ok;
    },
  };
}

export type Link = ReturnType<typeof linkTo>;
