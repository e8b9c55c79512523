import { portalControlAt } from "../control/portal/client.ts";

/** What the portal asks PID 1. */
export function linkTo(socket: string) {
  const control = portalControlAt(socket);
  return {
    socket,
    ...control,
    /** A variable of the environment that programs get; undefined where that is not set. */
    async variable(name: string): Promise<string | undefined> {
      return (await control.environment()).find((row) => row.name === name)?.value ?? undefined;
    },
  };
}

export type Link = ReturnType<typeof linkTo>;
