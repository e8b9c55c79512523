import { expect, test } from "bun:test";
import { externalAddress } from "../../../src/features/web/external.ts";

const answers: Record<string, () => Response> = {
  "/trace": () => new Response("fl=1\nip=203.0.113.7\nts=2\n"),
  "/plain": () => new Response("203.0.113.8\n"),
  "/login": () => new Response("<html>10.0.0.1</html>"),
  "/error": () => new Response("203.0.113.9", { status: 500 }),
};

function service() {
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch: ({ url }) => answers[new URL(url).pathname]?.() ?? new Response("", { status: 404 }),
  });
  const ask = (env: Record<string, string>, ...paths: string[]) =>
    externalAddress(
      env,
      paths.map((path) => `${server.url.origin}${path}`),
    );
  return { ask, [Symbol.asyncDispose]: () => server.stop(true) };
}

test("the cloud's own address comes first, when it is one", async () => {
  await using asked = service();
  expect(await asked.ask({ PUBLIC_IPADDR: " 198.51.100.1\n" }, "/plain")).toBe("198.51.100.1");
  expect(await asked.ask({ PUBLIC_IPADDR: "", RUNPOD_PUBLIC_IP: "198.51.100.2" }, "/plain")).toBe(
    "198.51.100.2",
  );
  expect(await asked.ask({ PUBLIC_IPADDR: "no address" }, "/plain")).toBe("203.0.113.8");
});

test("services are asked one after the other until one gives an address", async () => {
  await using asked = service();
  expect(await asked.ask({}, "/trace", "/plain")).toBe("203.0.113.7");
  expect(await asked.ask({}, "/none", "/error", "/login", "/plain")).toBe("203.0.113.8");
  expect(await asked.ask({}, "/login")).toBeUndefined();
});
