import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { newCode } from "../../src/control/portal/code.ts";
import { portalControlAt } from "../../src/control/portal/client.ts";
import type { PortalContext } from "../../src/control/portal/context.ts";
import type { Credentials, PortalState } from "../../src/control/portal/protocol.ts";
import type { Service } from "../../src/control/service.ts";
import { servePortal } from "../../src/control/portal/server.ts";
import { LogFile } from "../../src/logs/write/log-file.ts";
import { Assets } from "../../src/portal/http/assets.ts";
import { runPortal } from "../../src/portal/index.ts";
import type { LogStore } from "../../src/supervisor/context.ts";
import { Supervisor } from "../../src/supervisor/supervisor.ts";
import { bareSupervisor } from "../supervisor/spec-fixture.ts";
import { fixedIdle } from "../control/idle-fixture.ts";

export const PORTAL_PORT = 1111;
export const APP_PORT = 8188;
export const OPEN_PORT = 6006;

const service = {
  appHost: "127.0.0.1",
  path: "/",
  guarded: true,
  program: null,
  ready: true,
  reason: null,
  links: [],
};

export const services: Service[] = [
  {
    ...service,
    port: PORTAL_PORT,
    name: "Portal",
    kind: "portal",
    appPort: 0,
    auth: true,
    sources: ["builtin"],
  },
  {
    ...service,
    port: APP_PORT,
    name: "ComfyUI",
    kind: "app",
    appPort: 18188,
    auth: true,
    program: "comfyui",
    sources: ["program"],
  },
  {
    ...service,
    port: OPEN_PORT,
    name: "TensorBoard",
    kind: "app",
    appPort: 16006,
    auth: false,
    sources: ["program"],
  },
];

export const credentials: Credentials = {
  login: true,
  cookie: "ai_dock_01234567_session",
  user: "user",
  password: "correct horse",
  tokens: ["token-one", "token-two"],
  sessionKey: Buffer.alloc(32, 7).toString("base64"),
  exclude: [OPEN_PORT],
};

export interface Options {
  credentials?: Partial<Credentials>;
  services?: Service[];
  assets?: Assets;
  /** The portal's own directory; one of its own by default. */
  state?: string;
}

/** Real logs, with their times; each program has its own. */
const logs: LogStore = {
  open: (spec) =>
    spec.kind === "file"
      ? new LogFile({ ...spec, times: true, warn: (message) => console.error(message) })
      : null,
  release() {},
};

/** A portal in front of a real supervisor, both on real sockets, until the end of the scope. */
export async function startPortal(options: Options = {}) {
  const directory = mkdtempSync(join(tmpdir(), "portal-"));
  const state = options.state ?? mkdtempSync(join(tmpdir(), "portal-state-"));
  const supervisor = new Supervisor({ ...bareSupervisor, logs });
  supervisor.phase = "running";
  const listeners = new Set<(what: "state" | "credentials") => void>();
  const code = newCode(options.credentials?.sessionKey ?? credentials.sessionKey);
  const world = {
    services: options.services ?? services,
    boot: null as PortalState["boot"],
    credentials: { ...credentials, ...options.credentials },
    codes: new Set([code]),
    idle: fixedIdle(),
  };
  const context: PortalContext = {
    supervisor,
    version: "1.2.3",
    logDirectory: directory,
    services: () => world.services,
    boot: () => world.boot,
    idle: world.idle,
    ssh: () => ({ host: "203.0.113.7", port: 2222, user: "root" }),
    environment: () => ({
      env: { WEB_PASSWORD: world.credentials.password, WORKSPACE: "/workspace/" },
      sources: {},
    }),
    credentials: () => world.credentials,
    redeem: (shown) => world.codes.delete(shown),
    provisioningFile: join(directory, "provisioning.json"),
    doctor: async () => [
      { name: "workspace", status: "warning", message: "not a mount", fix: "mount a volume" },
    ],
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  const controlSocket = join(directory, "portal.sock");
  const user = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
  let closeControl = servePortal(context, controlSocket, user);
  const listen = join(directory, "http.sock");
  const over = new AbortController();
  const assets = options.assets ?? new Assets(new Map());
  const running = runPortal({ listen, control: controlSocket, state, assets, signal: over.signal });
  const portal = {
    directory,
    state,
    supervisor,
    world,
    /** Good for one login. */
    code,
    listen,
    control: portalControlAt(controlSocket),
    tell: (what: "state" | "credentials") => listeners.forEach((listener) => listener(what)),
    /** PID 1's side goes, or comes back. */
    loseSupervisor: () => closeControl(),
    findSupervisor() {
      closeControl = servePortal(context, controlSocket, user);
    },
    /** A request as Caddy passes it on. */
    send: (path: string, request: AsCaddy = {}) => send(listen, path, request),
    /** Asks whether an app may be used. */
    check: (uri: string, { method = "GET", upgrade, headers = {}, port = APP_PORT, ...rest }: AsCaddy = {}) =>
      send(listen, "/.ai-dock/check", {
        ...rest,
        port,
        headers: {
          ...headers,
          "X-Forwarded-Method": method,
          "X-Forwarded-Uri": uri,
          ...(upgrade === undefined ? {} : { "X-AI-Dock-Upgrade": upgrade }),
        },
      }),
    async logIn(fields: Record<string, string> = {}, request: AsCaddy = {}) {
      const body = new URLSearchParams({ user: "user", password: world.credentials.password, ...fields });
      return await send(listen, "/ai-dock/login", {
        origin: "http://box:1111",
        ...request,
        method: "POST",
        body,
      });
    },
    /** The Cookie header of a new session. */
    async session() {
      return cookieOf(await portal.logIn());
    },
    async [Symbol.asyncDispose]() {
      over.abort();
      await running;
      closeControl();
      await supervisor.stop(supervisor.programs);
    },
  };
  await until(async () => (await portal.send("/ai-dock/login")).status !== 503);
  return portal;
}

export type Portal = Awaited<ReturnType<typeof startPortal>>;

export interface AsCaddy {
  method?: string;
  port?: number;
  client?: string;
  host?: string;
  proto?: "http" | "https";
  origin?: string;
  upgrade?: string;
  headers?: Record<string, string>;
  body?: RequestInit["body"];
  tunnel?: boolean;
  signal?: AbortSignal;
}

export const navigation = { Accept: "text/html,application/xhtml+xml", "Sec-Fetch-Mode": "navigate" };

/** Sends a request to the portal with the headers that Caddy sets. */
export async function send(socket: string, path: string, request: AsCaddy): Promise<Response> {
  const {
    method = "GET",
    port = PORTAL_PORT,
    client = "198.51.100.9",
    host = "box:1111",
    proto = "http",
  } = request;
  return await fetch(`http://box${path}`, {
    unix: socket,
    method,
    redirect: "manual",
    ...(request.body === undefined ? {} : { body: request.body }),
    ...(request.signal === undefined ? {} : { signal: request.signal }),
    headers: {
      "X-AI-Dock-Port": String(port),
      "X-AI-Dock-Client": client,
      "X-AI-Dock-Proto": proto,
      "X-Forwarded-Host": host,
      ...(request.tunnel ? { "X-AI-Dock-Tunnel": "1" } : {}),
      ...(request.origin === undefined ? {} : { Origin: request.origin }),
      ...request.headers,
    },
  } as RequestInit);
}

/** What a browser would send back of an answer's Set-Cookie. */
export function cookieOf(response: Response): string {
  return response.headers.get("set-cookie")?.split(";")[0] ?? "";
}

/** Waits for a condition. */
export async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await Bun.sleep(10);
}
