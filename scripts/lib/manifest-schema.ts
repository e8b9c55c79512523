import { z } from "zod";
import { manifestSchema } from "../../src/provision/manifest/schema.ts";

/** The JSON Schema of manifests, for editors: what people write, before variables are replaced. */
export function manifestJsonSchema(): string {
  const schema = z.toJSONSchema(manifestSchema, {
    io: "input",
    unrepresentable: "any",
    override({ jsonSchema }) {
      // A path may begin with a variable.
      if (jsonSchema.pattern === String.raw`^\/`) jsonSchema.pattern = String.raw`^(\/|\$\{)`;
    },
  });
  return `${JSON.stringify({ title: "ai-dock provisioning manifest", ...schema }, undefined, 2)}\n`;
}
