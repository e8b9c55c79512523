import { expect, test } from "bun:test";
import { once } from "node:events";
import { createServer } from "node:net";
import { isPortTaken } from "../../src/sys/ports.ts";

/** Whether the port of a server counts as taken while the server listens on that address, and afterwards. */
async function takenBy(host: string): Promise<[boolean, boolean]> {
  const server = createServer().listen(0, host);
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  const during = isPortTaken(port);
  server.close();
  await once(server, "close");
  return [during, isPortTaken(port)];
}

test("a port is taken while somebody listens there, on whatever address", async () => {
  for (const host of ["127.0.0.1", "0.0.0.0", "::1", "::"])
    expect(await takenBy(host)).toEqual([true, false]);
});

test.skipIf(process.getuid?.() !== 0)("so is a port on which this user may not listen", () => {
  const script = `import { isPortTaken } from "${import.meta.dir}/../../src/sys/ports.ts";
    const server = Bun.listen({ hostname: "0.0.0.0", port: 7, socket: { data() {} } });
    process.setuid(65534);
    console.log(isPortTaken(7), isPortTaken(9));
    server.stop(true);`;
  // A network of its own, as Docker lets everyone have any port.
  const isolated = ["unshare", "--net"];
  const { stdout } = Bun.spawnSync([...isolated, process.execPath, "-e", script], { stderr: "inherit" });
  expect(stdout.toString()).toBe("true false\n");
});
