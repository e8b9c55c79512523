/** A file of a source. */
export interface SourceFile {
  /** An http(s) URL, or `rclone:REMOTE:PATH`, for `download`. */
  url: string;
  /**
   * Its path below the target directory: one name, or for a file of a whole repository or folder a relative path. Never
   * absolute or with "..". Undefined where the server will name it: the target is a directory then.
   */
  name?: string;
  size?: number;
  sha256?: string;
}

/** What a source consists of. */
export interface Resolved {
  files: SourceFile[];
  /** For limits by host: the host of the URLs, or `rclone`. */
  host: string;
  /** More than one file may come of it, so that the target has to be a directory. */
  isFolder: boolean;
}
