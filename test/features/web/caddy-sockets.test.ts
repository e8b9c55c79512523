import { expect, test } from "bun:test";
import { CaddySockets } from "../../../src/features/web/caddy-sockets.ts";
import { caddyUser } from "../../../src/features/web/users.ts";
import { freePort } from "../../free-port.ts";

// Where there is one user for everything, nothing keeps programs of that user apart.
test.skipIf(process.geteuid?.() !== 0)("no program of root gets a share of a guarded port", () => {
  const sockets = new CaddySockets(caddyUser());
  const port = freePort();
  const address = `:${port}`;
  const share = (hostname: string) => {
    try {
      void Bun.serve({ hostname, port, reusePort: true, fetch: () => new Response() }).stop(true);
      return "shared";
    } catch {
      return "refused";
    }
  };
  // Each of the two sockets, while it is served and while the other one comes.
  for (let round = 0; round < 3; round++) {
    sockets.openNext([address]);
    const hosts = ["0.0.0.0", "::", "127.0.0.1"].map(share);
    sockets.served([address]);
    expect([...hosts, share("0.0.0.0")]).toEqual(["refused", "refused", "refused", "refused"]);
  }
  sockets.close();
});
