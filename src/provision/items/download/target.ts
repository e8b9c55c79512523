import { FinalError } from "../../graph/outcome.ts";
import type { DownloadSpec } from "../../manifest/schema.ts";
import { bytesOf } from "../../manifest/bytes.ts";
import type { Resolved } from "../../sources/source.ts";

/** Where each file of a source goes. */
export interface Target {
  url: string;
  /** The absolute path of the file; of a directory, with a slash at its end, where the server names the file. */
  target: string;
  sha256?: string;
  size?: number;
  /** Where a link to the file goes. */
  link?: string;
}

/** The files of a source with their places. Throws FinalError where the place does not suit the source. */
export function targetsOf({ dest, sha256, size }: DownloadSpec, resolved: Resolved): Target[] {
  if (dest === undefined)
    throw new FinalError(
      "dest: expected a path for the download, got nothing; only files of Hugging Face have a place without, its cache",
    );
  const [only] = resolved.files;
  if (resolved.isFolder) {
    if (sha256 !== undefined || size !== undefined)
      throw new FinalError("sha256, size: expected the source to be one file, got a folder or repository");
    const folder = dest.replace(/\/*$/, "/");
    return resolved.files.map(({ url, name = "", ...told }) => ({
      url,
      target: `${folder}${name}`,
      ...told,
    }));
  }
  if (only === undefined) throw new FinalError("url: expected a source with files, got an empty one");
  const wanted = sha256 ?? only.sha256;
  const bytes = (typeof size === "string" ? bytesOf(size) : size) ?? only.size;
  return [
    {
      url: only.url,
      target: dest.endsWith("/") && only.name !== undefined ? `${dest}${only.name}` : dest,
      ...(wanted === undefined ? {} : { sha256: wanted }),
      ...(bytes === undefined ? {} : { size: bytes }),
    },
  ];
}
