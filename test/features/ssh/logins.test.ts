import { expect, test } from "bun:test";
import { loginReader, onLogin } from "../../../src/features/ssh/logins.ts";

test("logins are read from sshd's own lines, however these are cut", () => {
  const found: { address: string; port: number }[] = [];
  const read = loginReader();
  const feed = (text: string) => read(Buffer.from(text));
  feed("Accepted publickey for root from 198.51.100.1 port 1 ssh2: nobody listens\n");
  const end = onLogin((login) => found.push(login));
  feed("Accepted publickey for root from 203.0.113.7 po");
  feed("rt 50000 ssh2: ED25519 SHA256:abc\r\n");
  feed("Accepted publickey for maria from 2001:db8::7 port 50001 ssh2: RSA SHA256:abc\r\n");
  // Names that others choose.
  feed("Invalid user Accepted publickey for root from 192.0.2.1 port 2 ssh2 from 192.0.2.9 port 3\r\n");
  feed("Failed publickey for invalid user x from 192.0.2.1 port 2 ssh2: RSA SHA256:abc\r\n");
  end();
  feed("Accepted publickey for root from 198.51.100.1 port 1 ssh2: nobody listens\n");
  expect(found).toEqual([
    { address: "203.0.113.7", port: 50_000 },
    { address: "2001:db8::7", port: 50_001 },
  ]);
});
