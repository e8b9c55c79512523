import { generateKeyPairSync } from "node:crypto";

const field = (bytes: Uint8Array | string) => {
  const content = Buffer.from(bytes as Uint8Array);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(content.byteLength);
  return Buffer.concat([length, content]);
};

/** The base64 half of a key made of the given fields, the type's name first. */
export const blob = (...fields: (Uint8Array | string)[]) =>
  Buffer.concat(fields.map(field)).toString("base64");

/** The base64 half of an ed25519 key that differs by `seed`; any 32 bytes have the right form. */
export const ed25519 = (seed: number) => blob("ssh-ed25519", Buffer.alloc(32, seed));

/** The base64 half of an RSA key with a modulus of so many bits. */
export function rsa(bits: number): string {
  const modulus = Buffer.alloc(bits / 8, 0xff);
  return blob("ssh-rsa", Buffer.from([1, 0, 1]), Buffer.concat([Buffer.from([0]), modulus]));
}

/** A private key as OpenSSH and openssl write it. */
export const privateKey = () =>
  generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" });
