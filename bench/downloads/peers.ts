/** Programs that download a URL to a file, as fast as each of them can. */
export const downloaders = ["ai-dock", "aria2c -x16", "curl", "wget"] as const;
export type Downloader = (typeof downloaders)[number];

const OURS = new URL("../../dist/ai-dock", import.meta.url).pathname;

const commands: Record<Downloader, (url: string, folder: string) => string[]> = {
  "ai-dock": (url, folder) => [OURS, "provision", "download", url, `${folder}/file`],
  // Without -s and -k it would use five connections, each for 20 MiB at least.
  "aria2c -x16": (url, folder) => {
    const many = ["-x16", "-s16", "-k1M", "--file-allocation=none", "--no-conf", "-q"];
    return ["aria2c", ...many, "-d", folder, "-o", "file", url];
  },
  curl: (url, folder) => ["curl", "-s", "-f", "-o", `${folder}/file`, url],
  wget: (url, folder) => ["wget", "-q", "-O", `${folder}/file`, url],
};

export interface Download {
  megabytesASecond: number;
  cpuSeconds: number;
  /** Largest resident set, MB. */
  memory: number;
}

/** Downloads once and checks the size. Throws when it fails. */
export async function measure(
  peer: Downloader,
  url: string,
  folder: string,
  bytes: number,
): Promise<Download> {
  const started = performance.now();
  const child = Bun.spawn(commands[peer](url, folder), {
    stdout: "ignore",
    stderr: "inherit",
    env: { PATH: process.env["PATH"] ?? "", HOME: folder },
  });
  const memory = largestMemory(child.pid);
  const code = await child.exited;
  const seconds = (performance.now() - started) / 1000;
  const file = Bun.file(`${folder}/file`);
  if (code !== 0 || file.size !== bytes) throw new Error(`${peer} ended with ${code} and ${file.size} bytes`);
  await file.delete();
  const usage = child.resourceUsage();
  return {
    megabytesASecond: bytes / seconds / 1e6,
    cpuSeconds: Number(usage?.cpuTime.total ?? 0) / 1e6,
    memory: (await memory) / 1e6,
  };
}

const LOOK_MILLISECONDS = 20;

/** The largest resident set of a process, in bytes, until it ends. Its rusage would count what it had before exec. */
async function largestMemory(pid: number): Promise<number> {
  for (let bytes = 0; ;) {
    const status = await Bun.file(`/proc/${pid}/status`)
      .text()
      .catch(() => "");
    const kibibytes = /^VmHWM:\s+(\d+) kB/m.exec(status)?.[1];
    if (kibibytes === undefined) return bytes;
    bytes = Number(kibibytes) * 1024;
    await Bun.sleep(LOOK_MILLISECONDS);
  }
}
