const PTRACE = { attach: 0x10, seize: 0x4206 };

const TRACER = `
import ctypes, os, sys
libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.argtypes = [ctypes.c_long] * 4
libc.ptrace.restype = ctypes.c_long
assert libc.ptrace(int(sys.argv[1]), int(sys.argv[2]), 0, 0) == 0, os.strerror(ctypes.get_errno())
print("traced", flush=True)
sys.stdin.read()
`;

/**
 * Traces a process as a debugger does, until the result is killed. Once that process has died, nobody else can wait for it;
 * `attach` stops it, `seize` does not.
 */
export async function trace(pid: number, how: keyof typeof PTRACE) {
  const tracer = Bun.spawn(["python3", "-c", TRACER, String(PTRACE[how]), String(pid)], {
    stdin: "pipe",
    stdout: "pipe",
    stderr: "inherit",
  });
  // The reaper of a test takes its status.
  tracer.exited.catch(() => undefined);
  await tracer.stdout.getReader().read();
  return tracer;
}
