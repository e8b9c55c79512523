import { z } from "zod";

export const matchSchema = z.object({
  name: z.string(),
  stream: z.enum(["stdout", "stderr"]),
  /** Where the line begins. */
  inode: z.number(),
  offset: z.number(),
  /** The line as plain text, at most some thousand characters of it. */
  text: z.string(),
  /** Where in `text` the expression matches, as pairs of begin and end. */
  ranges: z.array(z.tuple([z.number(), z.number()])),
});

export const progressSchema = z.object({ bytes: z.number(), total: z.number() });
export const doneSchema = z.object({ matches: z.number(), complete: z.boolean() });

export type SearchEvent =
  | { event: "match"; data: z.infer<typeof matchSchema> }
  | { event: "progress"; data: z.infer<typeof progressSchema> }
  | { event: "done"; data: z.infer<typeof doneSchema> };
