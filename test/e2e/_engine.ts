import { must, run } from "./_run.ts";

/**
 * Where the engine listens on a socket, it is asked directly: conditions are looked at all the time, and each call of
 * docker's client costs the processors as much as ten of these.
 */
const SOCKET = /^unix:\/\/(.*)$/.exec(process.env["DOCKER_HOST"] ?? "")?.[1];

async function ask(path: string): Promise<Response> {
  const response = await fetch(`http://engine${path}`, { unix: SOCKET!, ...({ proxy: false } as object) });
  if (!response.ok)
    throw new Error(`The engine answers "${path}" with ${response.status}: ${await response.text()}`);
  return response;
}

/** What `docker inspect` says of a container. */
export async function inspectContainer(id: string): Promise<Record<string, unknown>> {
  if (SOCKET !== undefined)
    return (await (await ask(`/containers/${id}/json`)).json()) as Record<string, unknown>;
  return (JSON.parse(await must(["docker", "inspect", id])) as [Record<string, unknown>])[0];
}

/** What `docker logs` prints of both streams, in order. */
export async function containerLogs(id: string): Promise<string> {
  if (SOCKET === undefined) return (await run(["sh", "-c", 'exec docker logs "$0" 2>&1', id])).stdout;
  const response = await ask(`/containers/${id}/logs?stdout=1&stderr=1`);
  const bytes = Buffer.from(await response.arrayBuffer());
  const isPlain = response.headers.get("content-type") !== "application/vnd.docker.multiplexed-stream";
  return (isPlain ? bytes : Buffer.concat([...payloads(bytes)])).toString();
}

const HEADER_BYTES = 8;

/** Without a terminal each piece comes with its stream and, in four bytes, its length. */
function* payloads(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length;) {
    const end = at + HEADER_BYTES + bytes.readUInt32BE(at + 4);
    yield bytes.subarray(at + HEADER_BYTES, end);
    at = end;
  }
}
