import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import {
  boot,
  type BootOptions,
  type Container,
  IMAGE as TEST_IMAGE,
  must,
  tempFolder,
  waitFor,
} from "../harness.ts";
import type { Observation, Process, Report } from "./observation.ts";
import { hasDone, isSettled } from "./progress.ts";
import type { Row } from "./row.ts";
import { ALIVE, QUIET, spans, STALLS, TICKER } from "./scripts.ts";

/** The image that holds both: the test image with Debian's supervisor. */
const IMAGE = process.env["AI_DOCK_PEERS_IMAGE"] ?? `${TEST_IMAGE}-peers`;

/** One of the two supervisors, with the whole table in a container of its own. */
export interface Side {
  name: string;
  files(rows: Row[]): Record<string, string>;
  argv: string[];
  env?: Record<string, string>;
  /** The program that takes `start`, `stop`, `signal HUP` … and names. */
  control: string[];
  /** A script that prints everything `read` needs. */
  look: string;
  /** What the side says of its processes, by GROUP:NAME; reports are added to it. */
  read(seen: string): Map<string, Process>;
  refused(rows: Row[], container: Container): Promise<Set<string>>;
}

/**
 * Both sides, each while the other one is quiet: a hundred programs that start at once keep two supervisors from being
 * on time, and how long they wait is compared.
 */
export async function observeBoth(
  [first, second]: [Side, Side],
  rows: Row[],
): Promise<[Observation, Observation]> {
  const [one, both] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  return await Promise.all([
    observe(first, rows, () => {
      one.resolve();
      return both.promise;
    }),
    one.promise.then(() =>
      observe(second, rows, () => {
        both.resolve();
        return both.promise;
      }),
    ),
  ]);
}

/**
 * Runs all rows on one side: until they have settled, through their steps as soon as `onSettled` resolves, and until the
 * container stops.
 */
async function observe(side: Side, rows: Row[], onSettled: () => Promise<void>): Promise<Observation> {
  await using container = await boot(bootOptions(side, rows));
  const refused = side.refused(rows, container);
  const wait = (what: string, done: (row: Row, seen: Map<string, Process>) => boolean) =>
    waitUntil(`${side.name}: ${what}`, side, container, rows, done);
  await wait("every row settled", isSettled);
  await onSettled();
  const most = Math.max(...rows.map(({ steps }) => steps.length));
  for (let phase = 0; phase < most; phase++) {
    await act(side, container, rows, phase);
    await wait(`step ${phase + 1} done`, (row, seen) => hasDone(row, row.steps[phase], seen));
  }
  await container.sh(QUIET);
  const observation: Observation = {
    processes: await look(side, container),
    logs: new Map([...(await copied(container, "/logs")), ...(await copied(container, DEFAULT_LOGS))]),
    output: await container.logs(),
    survivors: new Set((await container.sh(ALIVE)).split("\n")),
    stalls: spans(await container.sh(STALLS)),
    refused: await refused,
    atStop: new Map(),
    exitCode: 0,
  };
  observation.exitCode = (await container.stop(STOP_SECONDS)).code;
  observation.atStop = await copied(container, "/report");
  return observation;
}

/** Where programs log that name no file. */
export const DEFAULT_LOGS = "/var/log/supervisor";

/** supervisord takes its time. */
const STOP_SECONDS = 120;

function bootOptions(side: Side, rows: Row[]): BootOptions {
  return {
    image: IMAGE,
    entrypoint: "/fixtures/oracle-prelude.sh",
    healthcheck: false,
    cmd: side.argv,
    fixtures: true,
    hostname: "oracle",
    env: { ...ENV, ...side.env },
    programs: { "000-ticker.conf": TICKER, ...side.files(rows) },
  };
}

const ENV = { GREETING: "hello there", EMPTY_ISH: "-", FOLDER: "folder" };

/** File names by row, in the order of the table. */
export function fileName(index: number, extension: string): string {
  return `${String(index + 1).padStart(3, "0")}.${extension}`;
}

async function act(side: Side, container: Container, rows: Row[], phase: number): Promise<void> {
  const verbs = Map.groupBy(
    rows.filter(({ steps }) => steps[phase] !== undefined),
    ({ steps }) => steps[phase]!.verb,
  );
  const calls = [...verbs].map(async ([verb, chosen]) => {
    const names = chosen.map(({ name }) => `${name}:*`);
    await container.exec([...side.control, ...verb.split(" "), ...names]);
  });
  await Promise.all(calls);
}

async function waitUntil(
  what: string,
  side: Side,
  container: Container,
  rows: Row[],
  done: (row: Row, seen: Map<string, Process>) => boolean,
): Promise<void> {
  let left: string[] = [];
  let seen = new Map<string, Process>();
  const ended = await waitFor(
    async () => {
      await Bun.sleep(LOOK_EVERY_MILLISECONDS);
      if (!(await container.state()).Running) return "ended";
      seen = await look(side, container);
      left = rows.filter((row) => !row.refused && !done(row, seen)).map(({ name }) => name);
      return left.length === 0 && "done";
    },
    {
      what,
      limit: 240_000,
      detail: async () =>
        [
          ...left.map(
            (name) => `${name}: ${JSON.stringify([...seen].filter(([id]) => id.startsWith(name)))}`,
          ),
          ...(await container.logs()).split("\n").slice(-10),
        ].join("\n"),
    },
  );
  if (ended === "ended") throw new Error(`${what}: the container ended\n${await container.logs()}`);
}

/** Each look costs a `docker exec`. */
const LOOK_EVERY_MILLISECONDS = 300;

async function look(side: Side, container: Container): Promise<Map<string, Process>> {
  const [own = "", reports = ""] = (
    await container.sh(
      `${side.look}; echo "$0"; grep -rH '' /report --include='*:*' || true`.replace("$0", CUT),
    )
  ).split(`${CUT}\n`);
  const processes = side.read(own);
  for (const line of reports.split("\n")) {
    const [, id = "", json] = /^\/report\/(.+?):(\{.*)$/.exec(line) ?? [];
    if (json !== undefined) processes.get(id)?.reports.push(JSON.parse(json) as Report);
  }
  return processes;
}

const CUT = "=== reports";

/** The files of a folder of the container. */
async function copied(container: Container, folder: string): Promise<Map<string, string>> {
  const target = tempFolder();
  await must(["docker", "cp", "--quiet", `${container.id}:${folder}/.`, target]);
  const files = readdirSync(target, { withFileTypes: true }).filter((entry) => entry.isFile());
  return new Map(files.map(({ name }) => [name, readFileSync(join(target, name), "latin1")]));
}

export function newProcess(): Process {
  return { states: [], ends: [], stopEnd: null, errors: [], pids: [], reports: [], waits: [] };
}
