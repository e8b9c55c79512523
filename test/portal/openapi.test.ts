import { expect, test } from "bun:test";
import { routes } from "../../src/portal/api/routes.ts";
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

test("the document names every operation, with the schemas that check it", async () => {
  await using portal = await startPortal();
  const headers = { Authorization: "Bearer token-one" };
  const document = (await (await portal.send("/api/v1/openapi.json", { headers })).json()) as Document;
  expect([document.openapi, document.info.version]).toEqual(["3.1.0", "1.2.3"]);
  const named = Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`),
  );
  expect(named.toSorted()).toEqual(Object.keys(routes).toSorted());
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
});

test("what it says is so: each reply without events and parameters fits its schema", async () => {
  await using portal = await startPortal();
  const headers = { Authorization: "Bearer token-one" };
  for (const [name, { reply, query }] of Object.entries(routes)) {
    const [method = "", path = ""] = name.split(" ");
    if (reply === undefined || query !== undefined || method !== "GET") continue;
    const answer = await portal.send(path, { headers });
    expect([path, answer.status]).toEqual([path, 200]);
    expect([path, reply.safeParse(await answer.json()).error]).toEqual([path, undefined]);
  }
});
