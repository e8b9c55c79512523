/** A program of Debian's package prometheus, as this machine has it, or where scripts/test has unpacked it. */
export function prometheusProgram(name: "prometheus" | "promtool"): string {
  const cache = process.env["XDG_CACHE_HOME"] ?? `${process.env["HOME"] ?? ""}/.cache`;
  return Bun.which(name) ?? `${cache}/ai-dock/prometheus/usr/bin/${name}`;
}

/** What promtool has to say of metrics, one line each; nothing where they are as they should be. */
export async function promtool(text: string): Promise<string[]> {
  const child = Bun.spawn([prometheusProgram("promtool"), "check", "metrics"], {
    stdin: Buffer.from(text),
    stdout: "pipe",
    stderr: "pipe",
  });
  const [printed, said, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  const lines = `${printed}${said}`.split("\n").filter(Boolean);
  return code === 0 || lines.length > 0 ? lines : [`exit code ${code}`];
}
