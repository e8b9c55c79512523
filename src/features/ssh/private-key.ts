const PEM =
  /^-----BEGIN (?<kind>[A-Z ]*)PRIVATE KEY-----\r?\n(?<body>[\w+/=\s]*)-----END \k<kind>PRIVATE KEY-----/m;
/** sshd wants this format from the first byte of the file on, with a newline at the end. */
const OPENSSH =
  /^-----BEGIN OPENSSH PRIVATE KEY-----\n(?<body>[\w+/=\s]*\n)-----END OPENSSH PRIVATE KEY-----\n/;
const OPENSSH_MAGIC = Buffer.from("openssh-key-v1\0");

/**
 * True for a private key that is whole and has no passphrase, so that sshd can load it. ssh-keygen would tell, too, at
 * the cost of a process for each key at every boot.
 */
export function isWholePrivateKey(file: Buffer): boolean {
  const text = file.toString("latin1");
  const openssh = decode(OPENSSH.exec(text)?.groups?.["body"]);
  if (openssh !== undefined) return isWholeOpenssh(openssh);
  const { kind, body } = PEM.exec(text)?.groups ?? {};
  const der = decode(body);
  // PKCS#8 names encryption in its first line; encrypted PEM has header lines, which are not base64.
  return der !== undefined && kind !== "OPENSSH " && kind !== "ENCRYPTED " && isWholeSequence(der);
}

/** The bytes of base64 text; undefined for text that is cut off or damaged. */
function decode(body: string | undefined): Buffer | undefined {
  const base64 = (body ?? "").replaceAll(/\s/g, "");
  const bytes = Buffer.from(base64, "base64");
  return base64 !== "" && bytes.toString("base64") === base64 ? bytes : undefined;
}

/** Magic, cipher, key derivation and its options, number of keys, public key, private part; see PROTOCOL.key. */
function isWholeOpenssh(bytes: Buffer): boolean {
  if (!bytes.subarray(0, OPENSSH_MAGIC.byteLength).equals(OPENSSH_MAGIC)) return false;
  let offset = OPENSSH_MAGIC.byteLength;
  const read = (length: number) => {
    offset += length;
    return bytes.subarray(offset - length, offset);
  };
  const number = () => (offset + 4 <= bytes.byteLength ? read(4).readUInt32BE() : Number.NaN);
  const cipher = read(number()).toString();
  for (let field = 0; field < 2; field++) read(number());
  const keys = number();
  read(number());
  const secret = read(number());
  if (offset !== bytes.byteLength || keys !== 1 || cipher !== "none" || secret.byteLength < 8) return false;
  // The check number stands there twice; a damaged key has two different ones.
  return secret.readUInt32BE(0) === secret.readUInt32BE(4);
}

/** True for one DER sequence of exactly the stated length. */
function isWholeSequence(der: Buffer): boolean {
  const SEQUENCE = 0x30;
  const LONG = 0x80;
  const first = der[1] ?? 0;
  if (der[0] !== SEQUENCE) return false;
  if (first < LONG) return der.byteLength === 2 + first;
  const size = first - LONG;
  if (size < 1 || size > 4 || der.byteLength < 2 + size) return false;
  return der.byteLength === 2 + size + der.readUIntBE(2, size);
}
