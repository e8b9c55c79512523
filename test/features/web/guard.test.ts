import { describe, expect, test } from "bun:test";
import { caddyAdmin, type CaddyAdmin } from "../../../src/features/web/admin.ts";
import { Guard, type Wishes } from "../../../src/features/web/guard.ts";
import type { Entry } from "../../../src/features/web/registry.ts";
import { freePort } from "../../free-port.ts";
import { until } from "../../portal/_portal.ts";
import { CADDY, Front } from "./_caddy.ts";

const given = new Set<number>();
/** No two are the same. */
function ownPort(): number {
  const port = freePort();
  if (given.has(port)) return ownPort();
  given.add(port);
  return port;
}

const entry = (more: Partial<Entry> = {}): Entry => {
  const port = more.port ?? ownPort();
  return {
    port,
    name: `port ${port}`,
    kind: "app",
    appHost: "127.0.0.1",
    appPort: ownPort(),
    path: "/",
    program: null,
    url: undefined,
    sources: ["http_ports"],
    ...more,
  };
};
const portal = (more: Partial<Entry> = {}) => entry({ kind: "portal", appPort: undefined, ...more });

const wishes = (entries: Entry[], more: Partial<Wishes> = {}): Wishes => ({
  entries,
  login: true,
  tls: undefined,
  hasTunnel: () => false,
  templateOf: async () => undefined,
  ...more,
});
/** Nobody answers there, so that the certificate never comes. */
const domain = { names: ["localhost"], domain: "gpu.example.com", acme: "https://127.0.0.1:1/directory" };

/** A guard with a real Caddy, which with `before`, run before each load, has to open its ports itself. */
async function guarding(before?: () => void) {
  const front = await new Front().start();
  const admin = caddyAdmin(front.adminSocket);
  const wrapped: CaddyAdmin = {
    ...admin,
    load: async (config) => {
      before?.();
      return await admin.load(config);
    },
  };
  const guard = new Guard(front, wrapped);
  guard.begin(before === undefined ? front.sockets : undefined);
  return { guard, [Symbol.asyncDispose]: () => front[Symbol.asyncDispose]() };
}

const hold = (port: number) => {
  try {
    const socket = Bun.listen({ hostname: "0.0.0.0", port, socket: { data() {} } });
    return { [Symbol.dispose]: () => socket.stop(true) };
  } catch {
    // Somebody else has it, or this user may not have it, and neither may Caddy.
    return { [Symbol.dispose]: () => undefined };
  }
};
const guarded = (guard: Guard) =>
  guard.guarded.filter(({ decision }) => decision.guarded).map(({ entry: { port } }) => port);
/** Resolves when Caddy answers there; a certificate of its own takes a moment. */
const answers = async (scheme: string, { port }: Entry) => {
  const init = { tls: { rejectUnauthorized: false } } as RequestInit;
  const url = `${scheme}://localhost:${port}/ai-dock/health-check`;
  await until(() =>
    fetch(url, init).then(
      ({ status }) => status === 200,
      () => false,
    ),
  );
};

describe.skipIf(CADDY === undefined)("the guard", () => {
  test("many ports that others take one by one at the last moment cost the other services nothing", async () => {
    const held: Disposable[] = [];
    const taken = Array.from({ length: 25 }, () => entry());
    await using it = await guarding(() => {
      const next = taken[held.length];
      if (next !== undefined) held.push(hold(next.port));
    });
    const rest = entry();
    await it.guard.apply(wishes([...taken, rest]));
    expect(guarded(it.guard)).toEqual([rest.port]);
    await answers("http", rest);
    for (const one of held) one[Symbol.dispose]();
    it.guard.begin();
    await until(async () => {
      await it.guard.apply(wishes([...taken, rest]));
      return guarded(it.guard).length === 26;
    });
  });

  test("a domain, where port 443 is not to be had, costs nobody the other ports", async () => {
    using _ = hold(443);
    await using it = await guarding();
    const [own, app] = [portal(), entry()];
    await it.guard.apply(wishes([own, app], { tls: domain }));
    await answers("https", own);
    await answers("https", app);
  });

  test.each([
    ["the portal", portal({ port: 443 })],
    ["an app", entry({ port: 443 })],
  ])("a domain, and %s on port 443 itself", async (_, one) => {
    await using it = await guarding();
    const other = one.kind === "portal" ? entry() : portal();
    await it.guard.apply(wishes([one, other], { tls: domain }));
    await answers("https", other);
  });
});
