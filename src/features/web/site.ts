/** Caddy's configuration, which Caddy itself checks. */
// oxlint-disable-next-line typescript/no-explicit-any -- as above
export type Json = Record<string, any>;

/** One guarded service, as Caddy has to know it. */
export interface Site {
  /** The port that it is known by. */
  port: number;
  kind: "portal" | "app";
  /** Where the app listens; not for the portal. */
  appHost: string;
  appPort: number;
  /** The name that the app is told as Host and Origin, with its own port; without, that of the request. */
  toldHost?: string | undefined;
  /** Addresses that Caddy listens on, as `host:port`; the host may be empty. */
  listen: string[];
  /** Routes of a template of an image, in front of the app. */
  template?: Json[] | undefined;
}
