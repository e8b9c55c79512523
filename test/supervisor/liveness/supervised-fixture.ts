import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AliveSpec, ProbeSpec, ProgramSpec } from "../../../src/programs/spec.ts";
import type { Program } from "../../../src/supervisor/program.ts";
import { Supervisor } from "../../../src/supervisor/supervisor.ts";
import { bareSupervisor, specOf } from "../spec-fixture.ts";

/** Settings of a check that tests can wait for. What hangs is waited for as long as a test says; all else gets its time. */
export function aliveBy(probe: ProbeSpec, more: Partial<Omit<AliveSpec, "probe">> = {}): AliveSpec {
  return { probe, interval: 0.1, timeout: 20, failures: 2, ...more };
}

export const shell = (script: string): string[] => ["/bin/sh", "-c", script];

export const exec = (script: string): ProbeSpec => ({ kind: "exec", command: shell(script) });

/** A supervisor of its own for one program, which runs; gone at the end of the scope. */
export async function supervised(more: Partial<ProgramSpec>) {
  const supervisor = new Supervisor(bareSupervisor);
  supervisor.phase = "running";
  const program = supervisor.add(specOf("p", { stopwaitsecs: 5, ...more }));
  await supervisor.autostart();
  return {
    supervisor,
    program,
    /** Resolves when the condition holds; a test that waits in vain ends by its own limit. */
    until: (condition: (program: Program) => unknown) => until(() => condition(program)),
    [Symbol.asyncDispose]: async () => supervisor.stop(supervisor.programs),
  };
}

export async function until(condition: () => unknown): Promise<void> {
  while (!condition()) await Bun.sleep(5);
}

export function temporaryFile(name: string): string {
  return join(mkdtempSync(join(tmpdir(), "alive-")), name);
}

/** Lines of a file that may not be there yet. */
export function linesOf(path: string): string[] {
  try {
    return readFileSync(path, "utf8").split("\n").slice(0, -1);
  } catch {
    return [];
  }
}

/**
 * A server in Python that accepts one connection after the other and does `handle` with each, as `c`; `n` counts them.
 * `python` is what runs before it listens on `port`.
 */
export function server(port: number, handle: string, python = ""): string[] {
  const body = `
import os, socket, sys, time
${python}
s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(("127.0.0.1", ${port}))
s.listen(16)
n = 0
def answer(text):
    try: c.sendall(text if isinstance(text, bytes) else text.encode())
    except OSError: pass
while True:
    c, _ = s.accept()
    n += 1
    try: c.recv(4096)
    except OSError: pass
${handle.replaceAll(/^/gm, "    ")}
    c.close()
`;
  return ["/usr/bin/python3", "-c", body];
}

export const OK = "HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\n\\r\\nok";
