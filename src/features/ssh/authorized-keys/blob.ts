/** The verdict on a key's binary half. */
export type KeyBlob = { ok: true; warning?: string } | { ok: false; reason: string };

/** sshd refuses shorter RSA keys (RequiredRSASize). */
const RSA_REFUSED_BITS = 1024;
/** Shorter RSA keys are within reach of an attacker with money. */
const RSA_WEAK_BITS = 2048;

const UNCOMPRESSED_POINT = 4;

type Fields = Buffer[];

const isPoint = (field: Buffer | undefined, bytes: number) =>
  field?.byteLength === bytes && field[0] === UNCOMPRESSED_POINT;

const ecdsa = (curve: string, pointBytes: number) => (fields: Fields) =>
  fields.length === 3 && fields[1]?.toString() === curve && isPoint(fields[2], pointBytes);

/** Per key type, whether the length-prefixed fields after the type's name are what sshd expects. */
const layouts = new Map<string, (fields: Fields) => boolean>([
  ["ssh-ed25519", (fields) => fields.length === 2 && fields[1]?.byteLength === 32],
  ["ssh-rsa", (fields) => fields.length === 3],
  ["ecdsa-sha2-nistp256", ecdsa("nistp256", 65)],
  ["ecdsa-sha2-nistp384", ecdsa("nistp384", 97)],
  ["ecdsa-sha2-nistp521", ecdsa("nistp521", 133)],
  ["sk-ssh-ed25519@openssh.com", (fields) => fields.length === 3 && fields[1]?.byteLength === 32],
  [
    "sk-ecdsa-sha2-nistp256@openssh.com",
    (fields) => fields.length === 4 && fields[1]?.toString() === "nistp256" && isPoint(fields[2], 65),
  ],
]);

const CERTIFICATE = /^(?:ssh-(?:rsa|ed25519)|ecdsa-sha2-nistp(?:256|384|521)|sk-\S+)-cert-v01@openssh\.com$/;

/** True for a word that can only be the type of a key, also one that sshd no longer takes. */
export function isKeyType(word: string): boolean {
  return layouts.has(word) || CERTIFICATE.test(word) || word === "ssh-dss";
}

/** Checks the base64 half of a key against its type, as strictly as sshd does. */
export function checkKeyBlob(type: string, base64: string): KeyBlob {
  if (type === "ssh-dss") return { ok: false, reason: "a DSA key, which sshd no longer accepts" };
  const bytes = Buffer.from(base64, "base64");
  if (base64 === "" || bytes.toString("base64") !== base64) return damaged(type);
  if (CERTIFICATE.test(type)) return checkCertificate(type, bytes);
  const fields = readFields(bytes);
  if (fields?.[0]?.toString() !== type || !layouts.get(type)?.(fields)) return damaged(type);
  return type === "ssh-rsa" ? checkRsa(fields[2] ?? Buffer.alloc(0)) : { ok: true };
}

const damaged = (type: string): KeyBlob => ({
  ok: false,
  reason: `an ${type} key that is cut short or damaged`,
});

function checkCertificate(type: string, bytes: Buffer): KeyBlob {
  const name = bytes.subarray(4, 4 + type.length).toString();
  if (bytes.byteLength < 4 || bytes.readUInt32BE(0) !== type.length || name !== type) return damaged(type);
  return {
    ok: true,
    warning: "a certificate opens no session from here; sshd wants its authority's key after cert-authority",
  };
}

function checkRsa(modulus: Buffer): KeyBlob {
  const bits = bitLength(modulus);
  if (bits < RSA_REFUSED_BITS) return { ok: false, reason: `an RSA key of ${bits} bits, which sshd refuses` };
  if (bits >= RSA_WEAK_BITS) return { ok: true };
  return { ok: true, warning: `an RSA key of ${bits} bits is weak; ed25519 is short and safe` };
}

function bitLength(number: Buffer): number {
  const first = number.findIndex((byte) => byte !== 0);
  if (first === -1) return 0;
  return (number.byteLength - first) * 8 - (Math.clz32(number[first] ?? 0) - 24);
}

/** Splits a blob into its length-prefixed fields; undefined for a blob that is cut off. */
function readFields(bytes: Buffer): Fields | undefined {
  const fields: Fields = [];
  for (let offset = 0; offset < bytes.byteLength;) {
    if (offset + 4 > bytes.byteLength) return undefined;
    const end = offset + 4 + bytes.readUInt32BE(offset);
    if (end > bytes.byteLength) return undefined;
    fields.push(bytes.subarray(offset + 4, end));
    offset = end;
  }
  return fields;
}
