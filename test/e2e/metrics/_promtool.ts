/** What Debian's promtool has to say of metrics, one line each; nothing where they are as they should be. */
export async function promtool(text: string): Promise<string[]> {
  const child = Bun.spawn(["promtool", "check", "metrics"], {
    stdin: Buffer.from(text),
    stdout: "pipe",
    stderr: "pipe",
  });
  const [printed, said, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  const lines = `${printed}${said}`.split("\n").filter(Boolean);
  return code === 0 || lines.length > 0 ? lines : [`exit code ${code}`];
}
