import { must, type Result, run } from "./_run.ts";

/**
 * Where the engine listens on a socket, it is asked directly: conditions are looked at all the time, and each call of
 * docker's client costs the processors as much as ten of these.
 */
const SOCKET = /^unix:\/\/(.*)$/.exec(process.env["DOCKER_HOST"] ?? "")?.[1];

async function call(path: string, body?: object): Promise<Response> {
  const post = {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  };
  const options = { unix: SOCKET!, timeout: false, ...({ proxy: false } as object) };
  return await fetch(`http://engine${path}`, { ...options, ...(body === undefined ? {} : post) });
}

async function ask(path: string, body?: object): Promise<Response> {
  const response = await call(path, body);
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
  return isPlain ? bytes.toString() : textOf(bytes);
}

/**
 * Has the engine do something with containers: "METHOD PATH" on its socket, or what comes after `docker`. Gives what it
 * answers, and throws what it refuses.
 */
export async function manage(request: string, argv: string[]): Promise<string> {
  if (SOCKET === undefined) return await must(["docker", ...argv]);
  const [method = "", path] = request.split(" ");
  const options = { unix: SOCKET, method, timeout: false, ...({ proxy: false } as object) };
  const response = await fetch(`http://engine/containers/${path}`, options);
  const text = await response.text();
  // 304: it is so already.
  if (!response.ok && response.status !== 304)
    throw new Error(`The engine answers "${request}" with ${response.status}: ${text}`);
  return text;
}

export interface Exec {
  argv: string[];
  user?: string | undefined;
  env?: Record<string, string> | undefined;
  cwd?: string | undefined;
}

/** What `docker exec` does without standard input and terminal; undefined where the engine listens on no socket. */
export async function execInContainer(id: string, exec: Exec): Promise<Result | undefined> {
  if (SOCKET === undefined) return undefined;
  const made = await call(`/containers/${id}/exec`, {
    AttachStdout: true,
    AttachStderr: true,
    Cmd: exec.argv,
    User: exec.user ?? "",
    WorkingDir: exec.cwd ?? "",
    Env: Object.entries(exec.env ?? {}).map(([name, value]) => `${name}=${value}`),
  });
  // The container has ended, or there is none.
  if (!made.ok) return { stdout: "", stderr: await made.text(), code: 1 };
  const path = `/exec/${((await made.json()) as { Id: string }).Id}`;
  const started = await call(`${path}/start`, { Detach: false, Tty: false });
  if (!started.ok) return { stdout: "", stderr: await started.text(), code: 1 };
  const bytes = Buffer.from(await started.arrayBuffer());
  for (;;) {
    const { Running, ExitCode } = (await (await ask(`${path}/json`)).json()) as ExecState;
    if (!Running)
      return { stdout: textOf(bytes, STDOUT), stderr: textOf(bytes, STDERR), code: ExitCode ?? 1 };
    await Bun.sleep(5);
  }
}

interface ExecState {
  Running: boolean;
  ExitCode: number | null;
}

const HEADER_BYTES = 8;
const [STDOUT, STDERR] = [1, 2];

/** Without a terminal each piece comes with its stream and, in four bytes, its length. */
function textOf(bytes: Buffer, stream?: number): string {
  const pieces: Buffer[] = [];
  for (let at = 0; at < bytes.length;) {
    const end = at + HEADER_BYTES + bytes.readUInt32BE(at + 4);
    if (stream === undefined || bytes[at] === stream) pieces.push(bytes.subarray(at + HEADER_BYTES, end));
    at = end;
  }
  return Buffer.concat(pieces).toString();
}
