import { z } from "zod";
import { errorReply } from "../../../control/replies.ts";
import type { Description } from "./description.ts";

/** The OpenAPI document of some operations, made of their schemas. The build makes it: the portal itself loads no zod. */
export function openApi(descriptions: Record<string, Description>, version: string): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const [name, description] of Object.entries(descriptions)) {
    const [method = "", path = ""] = name.split(" ");
    (paths[path] ??= {})[method.toLowerCase()] = operation(description);
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "AI-Dock",
      version,
      description:
        "State, logs and control of a container. Send the token of `ai-dock web` as `Authorization: Bearer`, or user and password as Basic.",
    },
    security: [{ bearer: [] }, { basic: [] }],
    components: {
      securitySchemes: {
        bearer: { type: "http", scheme: "bearer" },
        basic: { type: "http", scheme: "basic" },
      },
    },
    paths,
  };
}

function operation(description: Description): object {
  const { summary, query, body } = description;
  return {
    summary,
    ...(query === undefined ? {} : { parameters: parametersOf(query) }),
    ...(body === undefined ? {} : { requestBody: { required: true, content: jsonOf(body, "input") } }),
    responses: {
      200: { description: "Done", content: contentOf(description) },
      "4XX": { description: "Refused", content: jsonOf(errorReply, "output") },
    },
  };
}

function contentOf({ reply, events, type }: Description): object {
  if (reply !== undefined) return jsonOf(reply, "output");
  if (events === undefined) return { [type ?? "application/octet-stream"]: { schema: { type: "string" } } };
  // OpenAPI has no words for events: the data of each one, by the event's name.
  const properties = Object.fromEntries(
    Object.entries(events).map(([name, data]) => [name, schemaOf(data, "output")]),
  );
  return {
    "text/event-stream": {
      schema: { type: "object", description: "Data of each event, by name", properties },
    },
  };
}

function parametersOf(query: z.ZodObject): object[] {
  const { properties = {}, required = [] } = schemaOf(query, "input") as {
    properties?: Record<string, object>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    in: "query",
    required: required.includes(name),
    schema,
  }));
}

function jsonOf(schema: z.ZodType, io: "input" | "output"): object {
  return { "application/json": { schema: schemaOf(schema, io) } };
}

function schemaOf(type: z.ZodType, io: "input" | "output"): object {
  const { $schema: _, ...schema } = z.toJSONSchema(type, { io, unrepresentable: "any" });
  return schema;
}
