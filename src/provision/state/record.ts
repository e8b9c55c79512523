import { z } from "zod";

/** What is known of an item that is done, so that no later run does the item again. */
export const recordSchema = z.object({
  /** Checksum of what the manifest said of the item. */
  fingerprint: z.string(),
  /** Where from, without secrets. */
  source: z.string(),
  files: z
    .array(
      z.object({
        path: z.string(),
        size: z.number(),
        /** Milliseconds since the epoch. */
        modified: z.number(),
        sha256: z.string().optional(),
        etag: z.string().optional(),
      }),
    )
    .optional(),
  /** Revision of a repository. */
  revision: z.string().optional(),
  /** ISO time. */
  at: z.string(),
});

export type ItemRecord = z.infer<typeof recordSchema>;
export type RecordedFile = NonNullable<ItemRecord["files"]>[number];

export const recordsSchema = z.object({ version: z.literal(1), items: z.record(z.string(), recordSchema) });

/** The checksum of what a manifest says of an item; the tokens in a URL are in no record. */
export function fingerprintOf(value: unknown): string {
  return new Bun.CryptoHasher("sha256").update(JSON.stringify(value)).digest("hex");
}
