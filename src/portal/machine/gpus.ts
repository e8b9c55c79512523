import { readdirSync, readFileSync } from "node:fs";
import type { Gpu } from "./schema.ts";

const MEBIBYTE = 1024 * 1024;
/** A sick GPU can hold up whoever asks for it. */
const PATIENCE_MILLISECONDS = 5000;

const FIELDS = "name,utilization.gpu,memory.used,memory.total,temperature.gpu,power.draw";

/** What the GPUs of this container do; empty where there is none, or none that tells. */
export async function readGpus(): Promise<Gpu[]> {
  return [...(await nvidiaGpus()), ...amdGpus()];
}

/** The driver's own tool comes with the driver into the container. */
async function nvidiaGpus(): Promise<Gpu[]> {
  const path = Bun.which("nvidia-smi");
  if (path === null) return [];
  const child = Bun.spawn([path, `--query-gpu=${FIELDS}`, "--format=csv,noheader,nounits"], {
    stdin: "ignore",
    stdout: "pipe",
    stderr: "ignore",
    timeout: PATIENCE_MILLISECONDS,
    killSignal: "SIGKILL",
  });
  const printed = await child.stdout.text();
  return (await child.exited) === 0 ? parseNvidia(printed) : [];
}

/** Reads lines of nvidia-smi; `[N/A]` and the like stand for what a GPU does not tell. */
export function parseNvidia(printed: string): Gpu[] {
  return printed
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line) => {
      const [name = "GPU", ...rest] = line.split(",").map((field) => field.trim());
      const [load, used, total, temperature, watts] = rest.map((field) =>
        /^\d+(\.\d+)?$/.test(field) ? Number(field) : null,
      );
      const bytes = (mebibytes: number | null | undefined) =>
        mebibytes == null ? null : mebibytes * MEBIBYTE;
      return {
        name,
        load: load == null ? null : load / 100,
        usedBytes: bytes(used),
        totalBytes: bytes(total),
        temperature: temperature ?? null,
        watts: watts ?? null,
      };
    });
}

const DRM = "/sys/class/drm";

/** The kernel shows the cards of the whole host; those of this container have their render node in /dev/dri. */
export function amdGpus(drm = DRM, nodes = "/dev/dri"): Gpu[] {
  const own = new Set(list(nodes));
  return list(drm)
    .filter((name) => /^card\d+$/.test(name))
    .flatMap((card) => {
      const device = `${drm}/${card}/device`;
      const load = number(`${device}/gpu_busy_percent`);
      const isOwn = list(`${device}/drm`).some((node) => node.startsWith("renderD") && own.has(node));
      if (load === null || !isOwn) return [];
      const [sensor] = list(`${device}/hwmon`);
      const hwmon = `${device}/hwmon/${sensor ?? ""}`;
      const temperature = number(`${hwmon}/temp1_input`);
      const microwatts = number(`${hwmon}/power1_average`) ?? number(`${hwmon}/power1_input`);
      return [
        {
          name: text(`${device}/product_name`) || "AMD GPU",
          load: load / 100,
          usedBytes: number(`${device}/mem_info_vram_used`),
          totalBytes: number(`${device}/mem_info_vram_total`),
          temperature: temperature === null ? null : temperature / 1000,
          watts: microwatts === null ? null : microwatts / 1e6,
        },
      ];
    });
}

function list(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

function text(path: string): string {
  try {
    return readFileSync(path, "latin1").trim();
  } catch {
    return "";
  }
}

function number(path: string): number | null {
  const value = text(path);
  return /^\d+$/.test(value) ? Number(value) : null;
}
