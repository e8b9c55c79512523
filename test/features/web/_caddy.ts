import { existsSync, mkdtempSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { caddyAdmin } from "../../../src/features/web/admin.ts";
import { join } from "node:path";
import { type CaddyConfigOptions, bareConfig } from "../../../src/features/web/caddy-config.ts";
import { CaddyLoader } from "../../../src/features/web/caddy-loader.ts";
import { CaddySockets } from "../../../src/features/web/caddy-sockets.ts";
import { caddyUser } from "../../../src/features/web/users.ts";
import type { Site } from "../../../src/features/web/site.ts";
import { findProgram } from "../../../src/sys/which.ts";
import { freePort } from "../../free-port.ts";

const CACHE = process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache");
const FROM_DEBIAN = join(CACHE, "ai-dock/caddy/usr/bin/caddy");

/** A real Caddy: the machine's, or the one that scripts/lib/caddy.sh unpacks. */
export const CADDY =
  findProgram("caddy", process.env["PATH"]) ?? (existsSync(FROM_DEBIAN) ? FROM_DEBIAN : undefined);

/** What the stand-in for the portal has been asked. */
export interface Asked {
  path: string;
  headers: Headers;
}

type Answer = (request: Request) => Response | Promise<Response>;

/** A real Caddy with our configuration, and a checker behind it that tests give answers to. */
export class Front {
  readonly folder = mkdtempSync(join(tmpdir(), "caddy-"));
  readonly adminSocket = join(this.folder, "admin.sock");
  readonly portalSocket = join(this.folder, "portal.sock");
  readonly leavingFile = join(this.folder, "leaving");
  readonly asked: Asked[] = [];
  check: Answer = () => new Response();
  portal: Answer = (request) => new Response(`portal ${new URL(request.url).pathname}`);
  /** Whether answers to checks say that they are such. */
  isMarked = true;
  /** Where Caddy listens; as undefined, on sockets of its own. */
  sockets: CaddySockets | undefined = new CaddySockets(caddyUser());
  readonly loader: CaddyLoader;
  #caddy: Bun.Subprocess | undefined;
  #checker: ReturnType<typeof Bun.serve> | undefined;

  /** `lastRead`: milliseconds that Caddy gets for what has come to sockets that it leaves. */
  constructor({ lastRead = 200 } = {}) {
    this.loader = new CaddyLoader(caddyAdmin(this.adminSocket), lastRead);
  }

  async start(): Promise<this> {
    this.startPortal();
    const config = join(this.folder, "caddy.json");
    await Bun.write(config, JSON.stringify(bareConfig(this.adminSocket)));
    this.#caddy = Bun.spawn([CADDY ?? "caddy", "run", "--config", config], {
      env: { HOME: this.folder, XDG_DATA_HOME: this.folder, PATH: "/usr/bin:/bin" },
      stdio: [
        "ignore",
        Bun.file(join(this.folder, "log")),
        Bun.file(join(this.folder, "log")),
        ...(this.sockets?.descriptors ?? []),
      ],
    });
    this.loader.begin(this.sockets);
    // Also where a test ends before it could.
    process.on("exit", () => this.#caddy?.kill());
    while (!existsSync(this.adminSocket)) {
      if (this.#caddy.exitCode !== null) throw new Error(await this.log());
      await Bun.sleep(10);
    }
    return this;
  }

  /** As the portal answers a check, which says by a header that it is one. */
  async #answer(request: Request): Promise<Response> {
    const response = await this.check(request);
    if (this.isMarked) response.headers.set("X-AI-Dock-Check", "1");
    return response;
  }

  get pid(): number {
    return this.#caddy?.pid ?? 0;
  }

  startPortal(): void {
    this.#checker = Bun.serve({
      unix: this.portalSocket,
      fetch: (request) => {
        const { pathname } = new URL(request.url);
        this.asked.push({ path: pathname, headers: request.headers });
        return pathname === "/.ai-dock/check" ? this.#answer(request) : this.portal(request);
      },
    });
  }

  async stopPortal(): Promise<void> {
    await this.#checker?.stop(true);
  }

  async load(options: Partial<CaddyConfigOptions> & { sites: Site[] }): Promise<void> {
    await this.loader.load({
      adminSocket: this.adminSocket,
      portalSocket: this.portalSocket,
      leavingFile: this.leavingFile,
      login: true,
      tls: undefined,
      ...options,
    });
  }

  log = () => Bun.file(join(this.folder, "log")).text();

  async [Symbol.asyncDispose]() {
    this.#caddy?.kill();
    await this.#caddy?.exited;
    this.sockets?.close();
    await this.stopPortal();
  }
}

export function site(appPort: number, more: Partial<Site> = {}): Site {
  const port = more.port ?? freePort();
  return { port, kind: "app", appHost: "127.0.0.1", appPort, listen: [`:${port}`], ...more };
}
