import { createHash } from "node:crypto";
import { describe, expect, test } from "bun:test";
import { mkdirSync, rmSync, truncateSync, utimesSync, writeFileSync } from "node:fs";
import { failureOf, folder } from "../fixture.ts";
import { NGINX, startNginx } from "../nginx-fixture.ts";
import { startDownload } from "../process-fixture.ts";
import { bytesOf, serve, sha256 } from "../server-fixture.ts";

const LARGE = bytesOf(9_000_000, 2);

describe.skipIf(NGINX === undefined)("download() from nginx", () => {
  test.each([
    ["with ranges", "", 2],
    ["without ranges", "max_ranges 0;", 1],
    ["that compresses", "gzip on; gzip_types *; gzip_min_length 1; gzip_proxied any;", 2],
    ["that allows three connections", "limit_conn each 3; limit_rate 4m;", 2],
    [
      "that allows twenty requests a second",
      "limit_req zone=often burst=2 nodelay; limit_req_status 429;",
      2,
    ],
  ])("%s", async (_, directives, least) => {
    await using nginx = await startNginx(
      directives,
      "limit_conn_zone $server_addr zone=each:1m; limit_req_zone $server_addr zone=often:1m rate=20r/s;",
    );
    writeFileSync(`${nginx.www}/x.bin`, LARGE);
    const { fetch, read, entries } = folder();
    await fetch(nginx.url("/x.bin"), "x.bin", {
      sha256: sha256(LARGE),
      limits: { attempts: 8, delaySeconds: 0.1 },
    });
    expect(read("x.bin")).toEqual(LARGE);
    expect(entries()).toEqual(["x.bin"]);
    // A request is logged after its last byte.
    while (nginx.log().length < least) await Bun.sleep(5);
  });

  test("by signed redirects that expire after a second, and are found anew", async () => {
    await using nginx = await startNginx(`
      location /storage/ {
        secure_link $arg_md5,$arg_expires; secure_link_md5 "$secure_link_expires$uri key";
        if ($secure_link = "") { return 403; }
        if ($secure_link = "0") { return 410; }
        limit_rate 2m;
      }`);
    mkdirSync(`${nginx.www}/storage`);
    writeFileSync(`${nginx.www}/storage/x.bin`, LARGE);
    using hub = await serve((_, reply) => {
      const expires = Math.floor(Date.now() / 1000) + 1;
      const md5 = createHash("md5").update(`${expires}/storage/x.bin key`).digest("base64url");
      reply.text(302, "", { location: `${nginx.url("/storage/x.bin")}?md5=${md5}&expires=${expires}` });
    });
    const { fetch, read } = folder();
    await fetch(hub.url("/x.bin"), "x.bin", { limits: { connections: 2, attempts: 50 } });
    expect(read("x.bin")).toEqual(LARGE);
    expect(nginx.log().map(({ status }) => status)).toContain(410);
    expect(hub.asked.length).toBeGreaterThan(1);
  });

  test("resumes after a kill, but not once the file has changed", async () => {
    await using nginx = await startNginx("if (-f $document_root/slow) { set $limit_rate 100k; }");
    writeFileSync(`${nginx.www}/x.bin`, LARGE);
    // None of those that are killed comes to its end before.
    writeFileSync(`${nginx.www}/slow`, "");
    const { path, fetch, read } = folder();
    const request = { url: nginx.url("/x.bin"), target: `${path}/x.bin` };
    for (const _ of [1, 2]) {
      const { child, line } = startDownload(request);
      await line();
      child.kill("SIGKILL");
      await child.exited;
    }
    const { child, line } = startDownload(request);
    expect((await line())?.["resumedFrom"]).toBeGreaterThan(0);
    child.kill("SIGKILL");
    await child.exited;
    rmSync(`${nginx.www}/slow`);
    const other = bytesOf(9_000_000, 8);
    writeFileSync(`${nginx.www}/x.bin`, other);
    utimesSync(`${nginx.www}/x.bin`, 1, 1);
    await fetch(request.url, "x.bin");
    expect(sha256(read("x.bin"))).toBe(sha256(other));
  });

  test("of a file that is not there", async () => {
    await using nginx = await startNginx("");
    const { fetch, entries } = folder();
    expect((await failureOf(fetch(nginx.url("/none"), "x"))).code).toBe("not-found");
    expect(entries()).toEqual([]);
  });

  /** With AI_DOCK_TEST_DOWNLOADS=20e9: so many bytes, in 200 sparse files, as the project promises it. */
  test.skipIf(process.env["AI_DOCK_TEST_DOWNLOADS"] === undefined)(
    "of 200 files, killed at 50 random moments, fetches less than 2 % twice",
    async () => {
      const files = 200;
      const size = Math.floor(Number(process.env["AI_DOCK_TEST_DOWNLOADS"]) / files);
      await using nginx = await startNginx("limit_rate 10m; sendfile on;");
      for (let file = 0; file < files; file++) {
        writeFileSync(`${nginx.www}/${file}`, `${file}`);
        truncateSync(`${nginx.www}/${file}`, size);
      }
      const { path } = folder();
      let kills = 0;
      for (let file = 0; file < files;) {
        const { child, line } = startDownload({ url: nginx.url(`/${file}`), target: `${path}/${file}` });
        const isKilled = kills < 50 && Math.random() < 0.3;
        await line();
        if (isKilled) {
          kills++;
          await Bun.sleep((Math.random() * size) / 150_000);
          child.kill("SIGKILL");
        }
        if ((await child.exited) === 0) {
          const sums = [nginx.www, path].map(async (where) => await sumOf(`${where}/${file}`));
          const [wanted, got] = await Promise.all(sums);
          expect(got).toBe(wanted as string);
          await Bun.file(`${path}/${file}`).delete();
          file++;
        }
      }
      const sent = nginx.log().reduce((sum, { sent: bytes }) => sum + bytes, 0);
      console.log(
        `${kills} kills, ${sent} bytes sent for ${size * files}: ${(sent / size / files - 1) * 100} % twice`,
      );
      expect(kills).toBe(50);
      expect(sent / (size * files)).toBeLessThan(1.02);
    },
    3_600_000,
  );
});

async function sumOf(path: string): Promise<string> {
  const hasher = new Bun.CryptoHasher("sha256");
  for await (const chunk of Bun.file(path).stream()) hasher.update(chunk);
  return hasher.digest("hex");
}
