import { writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { RUN_ID, tempFolder, track } from "./_run.ts";

export const IMAGE = process.env["AI_DOCK_TEST_IMAGE"] ?? "ai-dock:test";
/** The same with the supervisors of Debian in it, built by `scripts/lib/image.sh peers`. */
export const PEERS_IMAGE = process.env["AI_DOCK_PEERS_IMAGE"] ?? `${IMAGE}-peers`;
const DROP_INS = "/etc/supervisor/supervisord/conf.d";
const FIXTURES = resolve(import.meta.dir, "../fixtures");

export interface BootOptions {
  image?: string;
  env?: Record<string, string>;
  /** KEY=VALUE arguments of `init.sh`. */
  args?: string[];
  /** The main process, as in `docker run IMAGE CMD …`; with `args`, after `--`. */
  cmd?: string[];
  entrypoint?: string;
  /** `source:target[:options]`, as docker takes them. */
  mounts?: string[];
  tmpfs?: string[];
  /** Supervisord drop-ins by file name; the folder stays writable through `Container.writeProgram`. */
  programs?: Record<string, string>;
  /** Files by absolute path in the container, mounted one by one; writable there. */
  files?: Record<string, string>;
  /** Bun at /usr/local/bin/bun and test/fixtures at /fixtures, both read-only. */
  fixtures?: boolean;
  capAdd?: string[];
  capDrop?: string[];
  devices?: string[];
  securityOpt?: string[];
  /** False where something else than ai-dock runs: the probe would fail, and so be repeated each second. */
  healthcheck?: boolean;
  /** docker's own init as process 1. */
  init?: boolean;
  readOnly?: boolean;
  tty?: boolean;
  /** Keep standard input open. */
  interactive?: boolean;
  memory?: string;
  user?: string;
  hostname?: string;
  network?: string;
  /** Anything else `docker run` takes. */
  more?: string[];
}

let started = 0;

/** A container name of this test run; its container is removed at the end of the run at the latest. */
export function nextName(): string {
  const name = `${RUN_ID}-${++started}`;
  track(name);
  return name;
}

/** The arguments of `docker run` behind its own flags. */
export function runArguments(options: BootOptions, programs = writePrograms(options)): string[] {
  const mounts = [
    ...(options.mounts ?? []),
    ...(programs === undefined ? [] : [`${programs}:${DROP_INS}`]),
    ...fileMounts(options.files ?? {}),
    ...(options.fixtures ? [`${process.execPath}:/usr/local/bin/bun:ro`, `${FIXTURES}:/fixtures:ro`] : []),
  ];
  return [
    ...each(
      "--env",
      Object.entries(options.env ?? {}).map(([name, value]) => `${name}=${value}`),
    ),
    ...each("--volume", mounts),
    ...each("--tmpfs", options.tmpfs),
    ...each("--cap-add", options.capAdd),
    ...each("--cap-drop", options.capDrop),
    ...each("--device", options.devices),
    ...each("--security-opt", options.securityOpt),
    ...one("--memory", options.memory),
    ...one("--user", options.user),
    ...one("--hostname", options.hostname),
    ...one("--network", options.network),
    ...one("--entrypoint", options.entrypoint),
    ...when("--no-healthcheck", options.healthcheck === false),
    ...when("--init", options.init),
    ...when("--read-only", options.readOnly),
    ...when("--tty", options.tty),
    ...when("--interactive", options.interactive),
    ...(options.more ?? []),
    options.image ?? IMAGE,
    ...mainProcess(options),
  ];
}

/** A new folder with the drop-ins, if any are asked for. */
export function writePrograms({ programs }: BootOptions): string | undefined {
  if (programs === undefined) return undefined;
  const folder = tempFolder();
  for (const [name, text] of Object.entries(programs)) writeFileSync(join(folder, name), text);
  return folder;
}

const each = (flag: string, values: string[] = []) => values.flatMap((value) => [flag, value]);
const one = (flag: string, value: string | undefined) => (value === undefined ? [] : [flag, value]);
const when = (flag: string, condition: boolean | undefined) => (condition ? [flag] : []);

function mainProcess({ args, cmd }: BootOptions): string[] {
  if (args === undefined) return cmd ?? [];
  return ["init.sh", ...args, ...(cmd === undefined ? [] : ["--", ...cmd])];
}

function fileMounts(files: Record<string, string>): string[] {
  const folder = tempFolder();
  return Object.entries(files).map(([path, text], index) => {
    const source = join(folder, String(index));
    writeFileSync(source, text);
    return `${source}:${path}`;
  });
}
