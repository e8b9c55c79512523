import type { Guarded } from "./guard.ts";
import type { TunnelWishes, WebSettings } from "./settings.ts";

/** A web service for a quick tunnel. */
export interface TunnelService {
  /** The port that the tunnel is named after. */
  port: number;
  name: string;
  /** The port that the tunnel leads to. */
  target: number;
  /** The target speaks https, with a certificate that only we know. */
  https: boolean;
  /** A front stands on the target: the tunnel waits for it, however long that takes. */
  isGuarded: boolean;
  /** Why there must be no tunnel for now. */
  refusal: string | undefined;
}

/** True for a port that gets a tunnel. */
export function isTunnelled(wishes: TunnelWishes, port: number): boolean {
  return wishes !== false && (wishes.ports === "all" || wishes.ports.includes(port));
}

const NO_LOGIN = "no login stands in front of it; CF_QUICK_TUNNELS=open opens a tunnel all the same";

/** Where tunnels lead; `isDown` tells of a program that neither runs nor is on its way. Without `open`, to what asks for a login, and to nothing else. */
export function tunnelServices(
  guarded: readonly Guarded[],
  settings: WebSettings,
  isDown: (program: string) => boolean,
): TunnelService[] {
  const { tunnels, login, exclude, https, portal } = settings;
  if (tunnels === false) return [];
  return guarded
    .filter(({ entry }) => isTunnelled(tunnels, entry.port))
    .flatMap(({ entry, decision, tunnelPort }): TunnelService[] => {
      const { port, name, appPort, program } = entry;
      const service = { port, name, https: false, isGuarded: true };
      const asks = login && !exclude.has(port);
      const refusal = asks || tunnels.open ? undefined : NO_LOGIN;
      if (decision.guarded) return [{ ...service, target: port, https, refusal }];
      if (tunnelPort !== undefined) return [{ ...service, target: tunnelPort, https, refusal }];
      // Where our front is not there, someone else's may be.
      if (appPort !== undefined && appPort !== port)
        return [{ ...service, target: port, refusal: undefined }];
      if (program !== null && isDown(program)) return [];
      const wait = portal === false ? NO_LOGIN : "waits for caddy, which asks for the login";
      return [{ ...service, target: port, isGuarded: false, refusal: tunnels.open ? undefined : wait }];
    });
}
