import { describe, expect, test } from "bun:test";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { z } from "zod";
import manifest from "../../package.json" with { type: "json" };
import { buildPage } from "../../scripts/lib/page.ts";
import { descriptions } from "../../src/portal/api/document/descriptions.ts";
import { readDownload, readSearch, readStream } from "../../src/portal/api/log-queries.ts";
import { loadAssets } from "../../src/portal/http/assets.ts";
import { specOf } from "../supervisor/spec-fixture.ts";
import { startPortal } from "./_portal.ts";

interface Document {
  openapi: string;
  info: { version: string };
  paths: Record<string, Record<string, Operation>>;
}

interface Operation {
  summary: string;
  parameters?: { name: string; required: boolean; schema: object }[];
  requestBody?: { content: Record<string, { schema: object }> };
  responses: Record<string, { content: Record<string, { schema: object }> }>;
}

const headers = { Authorization: "Bearer token-one" };

test("the document names every operation, with what it takes and gives", async () => {
  const folder = mkdtempSync(join(tmpdir(), "page-"));
  await buildPage(folder);
  await using portal = await startPortal({ assets: await loadAssets(folder) });
  const document = (await (await portal.send("/api/v1/openapi.json", { headers })).json()) as Document;
  expect([document.openapi, document.info.version]).toEqual(["3.1.0", manifest.version]);
  const named = Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`),
  );
  expect(named.toSorted()).toEqual(Object.keys(descriptions).toSorted());
  const actions = document.paths["/api/v1/actions"]?.["post"];
  expect(actions?.requestBody?.content["application/json"]?.schema).toMatchObject({
    properties: { action: { enum: ["start", "stop", "restart"] }, names: { type: "array", minItems: 1 } },
    required: ["action", "names"],
  });
  const search = document.paths["/api/v1/logs/search"]?.["get"];
  expect(search?.parameters?.filter(({ required }) => required).map(({ name }) => name)).toEqual(["pattern"]);
  expect(search?.responses["200"]?.content["text/event-stream"]?.schema).toMatchObject({
    properties: { match: { properties: { text: { type: "string" } } } },
  });
  // It says the version: not to those who have no login.
  for (const path of ["/api/v1/openapi.json", "/ai-dock/assets/openapi.json"])
    expect([401, 404]).toContain((await portal.send(path)).status);
});

describe("what the document says is so:", () => {
  test("each reply without events and parameters fits its schema", async () => {
    await using portal = await startPortal();
    portal.supervisor.add(specOf("app"));
    let replies = 0;
    for (const [name, { reply, query }] of Object.entries(descriptions)) {
      const [method = "", path = ""] = name.split(" ");
      if (reply === undefined || query !== undefined || method !== "GET" || path.endsWith("openapi.json"))
        continue;
      const answer = await portal.send(path, { headers });
      expect([path, answer.status]).toEqual([path, 200]);
      expect([path, reply.safeParse(await answer.json()).error]).toEqual([path, undefined]);
      replies++;
    }
    expect(replies).toBe(7);
  });

  test("so does that of an action, and PID 1 takes the bodies that the schema takes", async () => {
    await using portal = await startPortal();
    portal.supervisor.add(specOf("app"));
    const { body: schema, reply } = descriptions["POST /api/v1/actions"];
    const names = (count: number) => Array.from({ length: count }, () => "app");
    const bodies: unknown[] = [
      ...["start", "stop", "restart", "signal", "", 1, null].map((action) => ({ action, names: ["app"] })),
      ...["app", [], [""], ["x".repeat(512)], ["x".repeat(513)], [1], names(1000), names(1001), null].map(
        (list) => ({ action: "stop", names: list }),
      ),
      { action: "stop" },
      { names: ["app"] },
      { action: "stop", names: ["app"], more: true },
      null,
      [],
      "stop",
    ];
    let taken = 0;
    for (const given of bodies) {
      const answer = await portal.send("/api/v1/actions", {
        method: "POST",
        headers,
        body: JSON.stringify(given),
      });
      const isTaken = answer.status !== 400;
      expect([given, isTaken]).toEqual([given, schema?.safeParse(given).success]);
      if (answer.status === 200) expect(reply?.safeParse(await answer.json()).error).toBeUndefined();
      taken += Number(isTaken);
    }
    expect(taken).toBe(6);
  });

  const values = {
    name: ["", "comfyui", "a b/c", "x".repeat(512), "x".repeat(513)],
    lines: ["0", "1", "200000", "200001", "-1", "1.5", "many"],
    inode: ["0", "18446744", "-1", "x", "99999999999999999999"],
    offset: ["7", "1.5"],
    from: ["1:2:stdout:app", "1:2:stderr:a:b", "1:2:stdout:", "1:2:other:app", "x"],
    pattern: ["", "a+", "x".repeat(1000), "x".repeat(1001)],
    case: ["ignore", "match", "Ignore"],
    limit: ["1", "10000", "0", "10001", "x"],
    stream: ["stdout", "stderr", "both"],
  };

  test.each([
    ["GET /api/v1/logs/stream", readStream, []],
    ["GET /api/v1/logs/search", readSearch, [["pattern", "a"]]],
    ["GET /api/v1/logs/download", readDownload, [["name", "a"]]],
  ] as const)("%s takes the parameters that the schema takes", (name, read, base) => {
    const schema = descriptions[name].query as z.ZodObject;
    const isList = (parameter: string) =>
      parameter === "from" || (parameter === "name" && !name.endsWith("download"));
    const cases = Object.entries(values)
      .filter(([parameter]) => Object.hasOwn(schema.shape, parameter))
      .flatMap(([parameter, list]) => list.map((value) => [parameter, value] as const));
    const outcomes = [undefined, ...cases].map((one) => {
      const given = [...base.filter(([parameter]) => parameter !== one?.[0]), ...(one ? [one] : [])];
      const byHand = isRead(() => read(parametersOf(given)));
      const bySchema = schema.safeParse(asObject(given, isList)).success;
      expect([given, byHand]).toEqual([given, bySchema]);
      return byHand;
    });
    expect(new Set(outcomes)).toEqual(new Set([true, false]));
    // What has to be given is asked for.
    if (base.length > 0) expect(isRead(() => read(new URLSearchParams()))).toBe(false);
  });

  test("defaults are those of the schema", () => {
    const schemaOf = (name: keyof typeof descriptions) => descriptions[name].query as z.ZodObject;
    const { lines } = schemaOf("GET /api/v1/logs/stream").parse({}) as { lines: number };
    expect(readStream(new URLSearchParams())).toEqual({ names: [], lines, from: new Map() });
    const search = { pattern: "a" };
    const { limit } = schemaOf("GET /api/v1/logs/search").parse(search) as { limit: number };
    const read = readSearch(new URLSearchParams(search));
    expect(read).toEqual({ names: [], pattern: "a", ignoreCase: false, limit });
    expect(readDownload(new URLSearchParams({ name: "a" }))).toEqual({ name: "a", stream: "stdout" });
  });
});

function isRead(read: () => unknown): boolean {
  try {
    read();
    return true;
  } catch (error) {
    expect(error).toMatchObject({ code: "E_BAD_REQUEST" });
    return false;
  }
}

function parametersOf(pairs: readonly (readonly [string, string])[]): URLSearchParams {
  const parameters = new URLSearchParams();
  for (const [name, value] of pairs) parameters.append(name, value);
  return parameters;
}

/** Parameters as the schema has them: those that may be repeated are lists. */
function asObject(
  pairs: readonly (readonly [string, string])[],
  isList: (name: string) => boolean,
): Record<string, string | string[]> {
  return Object.fromEntries(pairs.map(([name, value]) => [name, isList(name) ? [value] : value]));
}
