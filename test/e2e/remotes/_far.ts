import { createHash, randomBytes } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { boot, type BootOptions, type Container, IMAGE, must, run, tempFolder, waitFor } from "../harness.ts";

/** What mounting needs. */
export const mountable = {
  capAdd: ["SYS_ADMIN"],
  devices: ["/dev/fuse"],
  securityOpt: ["apparmor:unconfined"],
} satisfies BootOptions;

/** Storage in another container, behind a real protocol, that outlives the containers that use it. */
export class FarEnd implements AsyncDisposable {
  readonly folder: string;
  readonly container: Container;
  readonly #ip: string;

  constructor(folder: string, container: Container, ip: string) {
    this.folder = folder;
    this.container = container;
    this.#ip = ip;
  }

  /** The variables that define it as a remote; a far end made with a password needs `pass`. */
  variables(name: string, extra: Record<string, string> = {}): Record<string, string> {
    const options = { type: "webdav", url: `http://${this.#ip}:80`, vendor: "other", ...extra };
    return Object.fromEntries(
      Object.entries(options).map(([key, value]) => [
        `RCLONE_CONFIG_${name.toUpperCase()}_${key.toUpperCase()}`,
        value,
      ]),
    );
  }

  /** The section of a configuration file that defines it as a remote. */
  section(name: string, path = ""): string {
    return `[${name}]\ntype = webdav\nurl = http://${this.#ip}:80${path}\nvendor = other\n\n`;
  }

  has(file: string): boolean {
    return statSync(join(this.folder, file), { throwIfNoEntry: false })?.isFile() ?? false;
  }

  /** SHA-256 of every file there, by path. */
  checksums(): Record<string, string> {
    const entries = readdirSync(this.folder, { recursive: true, withFileTypes: true });
    return Object.fromEntries(
      entries
        .filter((entry) => entry.isFile() && !entry.name.endsWith(".partial"))
        .map((entry) => {
          const path = join(entry.parentPath, entry.name);
          return [path.slice(this.folder.length + 1), sha256(readFileSync(path))];
        }),
    );
  }

  /** It is out of reach until `comeBack`. */
  async goAway(): Promise<void> {
    // The kernel freezes no process that it holds at the moment.
    await waitFor(async () => (await run(["docker", "pause", this.container.id])).code === 0, {
      what: "the far end to be paused",
    });
  }

  async comeBack(): Promise<void> {
    await must(["docker", "unpause", this.container.id]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.container[Symbol.asyncDispose]();
  }
}

export async function farEnd(...options: string[]): Promise<FarEnd> {
  const folder = tempFolder();
  const container = await boot({
    entrypoint: "rclone",
    healthcheck: false,
    cmd: ["serve", "webdav", "--addr", ":80", ...options, "/srv"],
    mounts: [`${folder}:/srv`],
  });
  await container.waitLog("WebDav Server started");
  return new FarEnd(folder, container, await container.ip());
}

/** A workspace on the machine, which outlives its containers. */
export function workspace(): { folder: string; mount: string } {
  const folder = tempFolder();
  mkdirSync(join(folder, "remote"));
  return { folder, mount: `${folder}:/workspace` };
}

export function sha256(data: Uint8Array | string): string {
  return createHash("sha256").update(data).digest("hex");
}

/**
 * Writes random files through a mount, each closed before the next; the checksum of each by its name. Fails
 * when any write is refused.
 */
export async function writeFiles(
  container: Container,
  directory: string,
  count: number,
  bytes = 4096,
): Promise<Record<string, string>> {
  const files = Array.from({ length: count }, (_, index) => ({
    name: `file-${index}`,
    data: randomBytes(bytes).toString("base64").slice(0, bytes),
  }));
  const script = 'while read -r name data; do printf %s "$data" >"$DIR/$name" || exit 1; done; echo written';
  const text = files.map(({ name, data }) => `${name} ${data}\n`).join("");
  const { stdout, stderr } = await container.exec(["bash", "-c", script], {
    stdin: text,
    env: { DIR: directory },
  });
  if (!stdout.includes("written")) throw new Error(`Writing to "${directory}" failed: ${stderr}`);
  return Object.fromEntries(files.map(({ name, data }) => [name, sha256(data)]));
}

/** Waits until the far end holds exactly these files. */
export async function arrived(far: FarEnd, files: Record<string, string>): Promise<void> {
  await waitFor(() => Bun.deepEquals(far.checksums(), files), {
    what: `${Object.keys(files).length} files at the far end`,
    detail: () => `there: ${Object.keys(far.checksums()).length}`,
    limit: 150_000,
  });
}

/** Encrypts rclone's configuration in a folder. */
export async function encrypt(folder: string, password: string): Promise<void> {
  const rclone = [
    "docker",
    "run",
    "--rm",
    "--volume",
    `${folder}:/etc/rclone`,
    "--entrypoint",
    "rclone",
    IMAGE,
  ];
  await must([...rclone, "config", "encryption", "set", "--password-command", `echo ${password}`]);
}

export interface RemoteRow {
  name: string;
  state: string;
  mounted: boolean;
  path: string;
  pending_files: number | null;
  reason: string | null;
}

export async function remotes(container: Container): Promise<Record<string, RemoteRow>> {
  const { stdout } = await container.exec(["ai-dock", "remotes", "--json"]);
  return Object.fromEntries((JSON.parse(stdout) as RemoteRow[]).map((row) => [row.name, row]));
}
