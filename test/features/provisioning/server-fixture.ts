import { spawnSync } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A server that writes the given pieces to every connection, then goes on as told. */
export function rawServer(pieces: string[], then: "end" | "reset" | "stay", pause = 0) {
  let connections = 0;
  const listener = Bun.listen({
    hostname: "127.0.0.1",
    port: 0,
    socket: {
      open: () => void connections++,
      async data(socket) {
        for (const piece of pieces) {
          socket.write(piece);
          socket.flush();
          if (pause > 0) await Bun.sleep(pause);
        }
        if (then === "end") socket.end();
        if (then === "reset") socket.terminate();
      },
    },
  });
  return {
    url: `http://127.0.0.1:${listener.port}/script.sh`,
    connections: () => connections,
    [Symbol.dispose]: () => listener.stop(true),
  };
}

/** A private certificate authority and a certificate of it for an address. */
export function privateAuthority(address = "127.0.0.1") {
  const directory = mkdtempSync(join(tmpdir(), "authority-"));
  const file = (name: string) => join(directory, name);
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
  const openssl = (...args: string[]) => {
    const { status, stderr } = spawnSync("openssl", args);
    if (status !== 0) throw new Error(stderr.toString());
  };
  openssl("req", "-x509", ...key, "-keyout", file("ca.key"), "-out", file("ca.pem"), "-subj", "/CN=test");
  openssl("req", ...key, "-keyout", file("key.pem"), "-out", file("csr.pem"), "-subj", `/CN=${address}`);
  writeFileSync(file("extensions"), `subjectAltName=IP:${address}\n`);
  const sign = ["-CA", file("ca.pem"), "-CAkey", file("ca.key"), "-CAcreateserial"];
  openssl(
    "x509",
    "-req",
    "-in",
    file("csr.pem"),
    ...sign,
    "-out",
    file("cert.pem"),
    "-extfile",
    file("extensions"),
  );
  return { ca: file("ca.pem"), cert: Bun.file(file("cert.pem")), key: Bun.file(file("key.pem")) };
}
