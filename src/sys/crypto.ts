// By Bun and the platform: PID 1 imports no node:crypto, which brings streams and 1.4 MB of memory.

type Bytes = Uint8Array<ArrayBuffer>;

/** SHA-256 of texts, one after the other. */
export function sha256(...texts: string[]): Buffer {
  const hasher = new Bun.CryptoHasher("sha256");
  for (const text of texts) hasher.update(text);
  return hasher.digest();
}

/** HMAC-SHA-256 of a text. */
export function hmacSha256(key: Bytes, text: string): Buffer {
  return new Bun.CryptoHasher("sha256", key).update(text).digest();
}

/** Random bytes of the kernel. */
export function randomBytes(count: number): Buffer {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(count)).buffer);
}

/** Compares bytes in a time that depends on their number alone. */
export function areBytesEqual(one: Bytes | Buffer, other: Bytes | Buffer): boolean {
  let difference = one.byteLength ^ other.byteLength;
  for (let index = 0; index < one.byteLength; index++) difference |= (one[index] ?? 0) ^ (other[index] ?? 0);
  return difference === 0;
}
