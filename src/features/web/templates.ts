import { closeSync, constants, fstatSync, openSync, readFileSync } from "node:fs";
import { isCompat } from "../../env/flavour.ts";
import { isSecret } from "../../env/redact.ts";
import { messageOf } from "../../errors.ts";
import { logger } from "../../log.ts";
import type { CaddyAdmin } from "./admin.ts";
import { forTemplate } from "./caddy-app.ts";
import type { Json } from "./site.ts";

/** Where later images of the original keep parts of a Caddyfile, one for the port of each app that needs one. */
const DIRECTORY = "/opt/caddy/share";

const WRITABLE_BY_OTHERS = 0o002;
const WRITABLE_BY_GROUP = 0o020;
/** What `COPY --chown=0:1111` of a checkout with umask 002 leaves (1111 is the group ai-dock). */
const GROUPS = new Set([0, 1111]);

const log = logger("web");

/**
 * The matchers that such a part may name. By then the portal has let the request pass: everything is authorized, and
 * nothing authenticates.
 */
const snippets = `(universal-config) {
  @authorized expression true
  @authenticating_bearer expression false
  @authenticating_basic expression false
  @preauth expression false
  @default path /*
}
`;

/** Routes of images in front of their apps, as Caddy understands them. */
export class Templates {
  readonly #admin: Pick<CaddyAdmin, "adapt">;
  readonly #directory: string;
  readonly #told = new Set<string>();
  readonly #known = new Map<number, { text: string; routes: Json[] | undefined }>();

  constructor(admin: Pick<CaddyAdmin, "adapt">, directory = DIRECTORY) {
    this.#admin = admin;
    this.#directory = directory;
  }

  /** The routes for an app; undefined where its image has none, or none that Caddy understands. */
  async of(port: number, appPort: number, env: Record<string, string>): Promise<Json[] | undefined> {
    const path = `${this.#directory}/service_config_${appPort}`;
    const text = filled(this.#read(path, env), port, appPort, env);
    if (text === undefined) return undefined;
    const known = this.#known.get(port);
    if (known?.text === text) return known.routes;
    const routes = await this.#adapt(text, port).catch((error: unknown) => {
      log.warn(`"${path}": ${messageOf(error)}; port ${port} goes without`);
      return undefined;
    });
    this.#known.set(port, { text, routes });
    return routes;
  }

  #read(path: string, env: Record<string, string>): string | undefined {
    try {
      return readTrusted(path, isCompat(env));
    } catch (error) {
      if (!this.#told.has(path)) log.warn(`${messageOf(error)}; its port goes without`);
      this.#told.add(path);
      return undefined;
    }
  }

  async #adapt(text: string, port: number): Promise<Json[]> {
    const config = await this.#admin.adapt(`${snippets}\n${text}\n`);
    const apps = config["apps"] as Json | undefined;
    const servers: Json[] = Object.values((apps?.["http"]?.["servers"] ?? {}) as Record<string, Json>);
    const server = servers.find(({ listen }) => (listen as string[]).includes(`:${port}`));
    if (server === undefined) throw new Error(`expected a site :${port}, got none`);
    return forTemplate((server["routes"] ?? []) as Json[]);
  }
}

/**
 * The text of a file; undefined where there is none. Throws for one that others than root may have written: in the compat
 * flavour the account, who may become root there anyway, is none of them.
 */
function readTrusted(path: string, isAccountTrusted: boolean): string | undefined {
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch {
    return undefined;
  }
  try {
    const stat = fstatSync(fd);
    const isOurs = stat.uid === 0 || stat.uid === process.geteuid?.();
    const isGroupTrusted = isAccountTrusted && GROUPS.has(stat.gid);
    const untrusted = WRITABLE_BY_OTHERS | (isGroupTrusted ? 0 : WRITABLE_BY_GROUP);
    if (!stat.isFile() || !isOurs || (stat.mode & untrusted) !== 0)
      throw new Error(`"${path}": expected a file that only root can write to (chmod go-w)`);
    return readFileSync(fd, "utf8");
  } finally {
    closeSync(fd);
  }
}

/** Puts ports and variables in; no secret, as the result can be read in Caddy's configuration. */
function filled(text: string | undefined, port: number, appPort: number, env: Record<string, string>) {
  return text
    ?.replaceAll("!PROXY_PORT", `${port}`)
    .replaceAll("!LISTEN_PORT", `${appPort}`)
    .replaceAll(/\{\$(\w+)(:[^}]*)?\}/g, (_, name: string, fallback = "") => {
      // Where refused requests went; there are none any more.
      if (name.startsWith("SERVICEPORTAL_")) return "http://localhost/";
      const value = isSecret(name, env[name] ?? "") ? "none" : env[name];
      return value ?? (fallback === "" ? "none" : fallback.slice(1));
    });
}
