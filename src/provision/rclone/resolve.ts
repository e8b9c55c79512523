import { DownloadError } from "../download/error.ts";
import { relativeName } from "../sources/relative-name.ts";
import type { Resolved } from "../sources/source.ts";
import { askRclone, type Environment } from "./process.ts";

interface Entry {
  Path: string;
  Name: string;
  Size: number;
  IsDir: boolean;
}

/** A remote of the configuration or the environment, or a backend without parameters, and a path. */
const PLACE = /^(:?[\w.+@ -]+):(.*)$/s;

/** Resolves REMOTE:PATH, a file or a folder, whose files are all that lie below. */
export async function resolveRemote(place: string, env: Environment, signal: AbortSignal): Promise<Resolved> {
  const [, remote, path] = PLACE.exec(place) ?? [];
  if (remote === undefined || path === undefined || remote.startsWith("-"))
    throw new DownloadError(
      "source",
      `expected rclone:REMOTE:PATH, got "rclone:${place.replace(/,.*/s, ",…")}"`,
      {
        hint: "Parameters of a remote go into RCLONE_CONFIG_… variables, as all users can read those of a command",
      },
    );
  const words = ["lsjson", "--stat", "--no-mimetype"];
  const entry = JSON.parse(await askRclone(place, env, signal, words)) as Entry;
  if (!entry.IsDir) {
    const file = {
      url: `rclone:${place}`,
      name: relativeName(path.split("/").at(-1) ?? ""),
      ...sizeOf(entry),
    };
    return { files: [file], host: "rclone", isFolder: false };
  }
  const list = ["lsjson", "--recursive", "--files-only", "--no-mimetype", "--no-modtime"];
  const entries = JSON.parse(await askRclone(place, env, signal, list)) as Entry[];
  const folder = path === "" || path.endsWith("/") ? place : `${place}/`;
  const files = entries.map((file) => ({
    url: `rclone:${folder}${file.Path}`,
    name: relativeName(file.Path),
    ...sizeOf(file),
  }));
  return { files, host: "rclone", isFolder: true };
}

/** -1 stands for unknown. */
const sizeOf = ({ Size }: Entry) => (Size < 0 ? {} : { size: Size });
