/** What a server says about the version of a file. */
export interface Validator {
  etag?: string;
  lastModified?: string;
}

/** Longer ones count for nothing: a journal has to have room for them. */
const LONGEST = 512;

export function validatorOf(headers: Headers): Validator {
  const [etag, lastModified] = ["etag", "last-modified"].map((name) => {
    const value = headers.get(name);
    return value === null || value.length > LONGEST ? undefined : value;
  });
  return { ...(etag === undefined ? {} : { etag }), ...(lastModified === undefined ? {} : { lastModified }) };
}

/** The value of If-Range, which a weak ETag cannot be (RFC 9110 13.1.5); undefined for none. */
export function ifRange({ etag, lastModified }: Validator): string | undefined {
  return etag === undefined ? lastModified : etag.startsWith("W/") ? undefined : etag;
}

/** Whether both are of one version: false where they differ, undefined where that cannot be told. */
export function sameVersion(one: Validator, other: Validator): boolean | undefined {
  if (one.etag !== undefined && other.etag !== undefined)
    return one.etag.replace(/^W\//, "") === other.etag.replace(/^W\//, "");
  if (one.lastModified !== undefined && other.lastModified !== undefined)
    return one.lastModified === other.lastModified;
  return undefined;
}
