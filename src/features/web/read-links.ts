import { readFileSync } from "node:fs";
import { z } from "zod";
import { linkSchema } from "../../control/service.ts";
import { linksFile } from "./paths.ts";

const linksSchema = z.array(z.object({ port: z.number(), name: z.string(), links: z.array(linkSchema) }));

/** The addresses that the front has written; none where no front runs. */
export function readLinks(): z.infer<typeof linksSchema> {
  try {
    return linksSchema.parse(JSON.parse(readFileSync(linksFile(), "utf8")));
  } catch {
    return [];
  }
}
