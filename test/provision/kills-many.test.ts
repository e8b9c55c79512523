/** The long round, before a release: `AI_DOCK_TEST_DOWNLOADS=20e9 AI_DOCK_TEST_KILLS=50`. */
import { describe, expect, test } from "bun:test";
import { readdirSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { canMount, Machine } from "./apply-process.ts";
import { NGINX, startNginx } from "./nginx-fixture.ts";

const BYTES = Number(process.env["AI_DOCK_TEST_DOWNLOADS"] ?? "0");
const KILLS = Number(process.env["AI_DOCK_TEST_KILLS"] ?? "50");
const FILES = 200;
const SIZE = Math.floor(BYTES / FILES);
const AT_ONCE = 4;
const MEBIBYTE = 2 ** 20;
/** MiB a second for each connection. */
const PACE = 8;
/** What a kill loses is on its way; on loopback, the kernel would let megabytes of each connection be there. */
const BUFFER = "sndbuf=128k";
/** By then, nearly all bytes have come where the machine keeps pace. */
const MILLISECONDS = (BYTES / (AT_ONCE * AT_ONCE * PACE * MEBIBYTE)) * 1000;

async function sumOf(path: string): Promise<string> {
  const hasher = new Bun.CryptoHasher("sha256");
  for await (const chunk of Bun.file(path).stream()) hasher.update(chunk);
  return hasher.digest("hex");
}

describe.skipIf(BYTES === 0 || !canMount || NGINX === undefined)("a provisioning", () => {
  test(`of ${FILES} files, killed at ${KILLS} random moments, is whole and fetches less than 2 % twice`, async () => {
    await using nginx = await startNginx(`limit_rate ${PACE}m; sendfile on;`, "", BUFFER);
    const machine = new Machine();
    const names = Array.from({ length: FILES }, (_, file) => `model-${file}.bin`);
    const sums = new Map<string, string>();
    for (const name of names) {
      writeFileSync(`${nginx.www}/${name}`, name);
      truncateSync(`${nginx.www}/${name}`, SIZE);
      sums.set(name, await sumOf(`${nginx.www}/${name}`));
    }
    const manifest = {
      settings: { concurrency: { downloads: AT_ONCE, connections: AT_ONCE } },
      downloads: names.map((name) => ({
        url: nginx.url(`/${name}`),
        dest: `${machine.volume}/models/`,
        sha256: sums.get(name),
      })),
    };
    try {
      for (let kills = 0; kills < KILLS; kills++) {
        const { child } = machine.start(manifest);
        await Bun.sleep((Math.random() * 1.7 * MILLISECONDS) / KILLS);
        expect(child.exitCode).toBeNull();
        child.kill("SIGKILL");
        await child.exited;
      }
      expect(await machine.run(manifest)).toMatchObject({ code: 0 });
      for (const name of names)
        expect(await sumOf(`${machine.volume}/models/${name}`)).toBe(sums.get(name) ?? "");
      expect(readdirSync(`${machine.volume}/models`)).toHaveLength(FILES);
      const sent = nginx.log().reduce((sum, { sent: bytes }) => sum + bytes, 0);
      console.log(
        `${KILLS} kills, ${sent} bytes sent for ${SIZE * FILES}: ${(sent / SIZE / FILES - 1) * 100} % twice`,
      );
      expect(sent / (SIZE * FILES)).toBeLessThan(1.02);
    } finally {
      rmSync(machine.folder, { recursive: true });
    }
  }, 3_600_000);
});
