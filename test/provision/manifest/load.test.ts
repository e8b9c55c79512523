import { expect, test } from "bun:test";
import { loadManifests } from "../../../src/provision/manifest/load.ts";

async function problemsOf(given: string) {
  const signal = new AbortController().signal;
  const { problems } = await loadManifests({ env: {}, given, signal, trust: { uids: "all" } });
  return problems;
}

test("a manifest that the server does not have is told in plain words", async () => {
  using server = Bun.serve({ port: 0, fetch: () => new Response("", { status: 404 }) });
  const source = `http://localhost:${server.port}/a.yaml`;
  expect(await problemsOf(source)).toEqual([
    { source, message: "expected a manifest, got HTTP 404 Not Found; not read" },
  ]);
});

test("what is neither a URL, nor a text, nor a file that is there, is told so", async () => {
  const message = "expected a manifest: its path, URL or text; there is no such file";
  expect(await problemsOf("/nowhere/a.yaml")).toEqual([{ source: "/nowhere/a.yaml", message }]);
  expect(await problemsOf(" ")).toEqual([{ source: '" "', message }]);
});
