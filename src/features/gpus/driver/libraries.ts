import { lstatSync, readdirSync, realpathSync } from "node:fs";
import { basename } from "node:path";
import { readIfExists } from "../../../sys/fs.ts";

/** Where the container toolkit, the base images and Windows put the libraries of the driver. */
const FOLDERS = [
  "/usr/lib/x86_64-linux-gnu",
  "/usr/lib/aarch64-linux-gnu",
  "/usr/lib64",
  "/usr/lib",
  "/usr/local/nvidia/lib64",
  "/usr/local/nvidia/lib",
  "/usr/lib/wsl/lib",
];

/** The package for forward compatibility (cuda-compat-12-4), as NVIDIA's images have it. */
const COMPAT = "/usr/local/cuda/compat";

export interface Library {
  /** Of the driver that the library belongs to; undefined where its name does not say. */
  version: string | undefined;
}

/** A library of the driver, such as `libcuda`, that programs would load; undefined where there is none. */
export function findLibrary(name: string, env: Record<string, string>, root = ""): Library | undefined {
  // Folders elsewhere may be on a mount that hangs whoever looks.
  const own = (env["LD_LIBRARY_PATH"] ?? "").split(":").filter((folder) => folder.startsWith("/usr/"));
  const folders = [...own.filter((folder) => !isCompat(folder)), ...FOLDERS];
  const folder = folders.find((path) => isThere(`${root}${path}/${name}.so.1`));
  return folder === undefined ? undefined : { version: versionIn(`${root}${folder}`, name) };
}

/** The package for forward compatibility: its version, and whether programs load it in place of the driver's library. */
export function findCompat(
  env: Record<string, string>,
  root = "",
): { version: string; isUsed: boolean } | undefined {
  const version = versionIn(`${root}${COMPAT}`, "libcuda");
  if (version === undefined) return undefined;
  const listed = list(`${root}/etc/ld.so.conf.d`).some((name) =>
    isCompat(read(`${root}/etc/ld.so.conf.d/${name}`)),
  );
  // An older container toolkit puts the package's libraries in place of the driver's.
  const replaced = findLibrary("libcuda", env, root)?.version === version;
  return { version, isUsed: listed || replaced || isCompat(env["LD_LIBRARY_PATH"]) };
}

const isCompat = (text = "") => /\/cuda[^/:]*\/compat/.test(text);

/** What `NAME.so.1` leads to says its version, as in `libcuda.so.550.54.14`; else the one file whose name has one. */
function versionIn(folder: string, name: string): string | undefined {
  const versionOf = (file: string) => /\.so\.(\d{3,}\.\d+(?:\.\d+)?)$/.exec(file)?.[1];
  try {
    const version = versionOf(basename(realpathSync(`${folder}/${name}.so.1`)));
    if (version !== undefined) return version;
  } catch {
    // A link that leads nowhere, or none.
  }
  const versions = list(folder)
    .filter((file) => file.startsWith(`${name}.so.`))
    .map(versionOf)
    .filter((version) => version !== undefined);
  return versions.length === 1 ? versions[0] : undefined;
}

function isThere(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return false;
  }
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function read(path: string): string {
  try {
    return readIfExists(path) ?? "";
  } catch {
    return "";
  }
}
