import { Fault } from "../../control/rpc/method.ts";
import { type CtlCommand, withoutArguments } from "./command.ts";
import { programId } from "../../programs/names.ts";
import { CallFault, type Session } from "./session.ts";

type Changes = [[added: string[], changed: string[], removed: string[]]];

interface ConfigInfo {
  name: string;
  group: string;
  inuse: boolean;
  autostart: boolean;
  group_prio: number;
  process_prio: number;
}

const reread = withoutArguments(
  "reread",
  [["reread", "Read the configuration and say what an update would change"]],
  async (session) => {
    const read = await readConfiguration(session, "ERROR: supervisor shutting down");
    if (read === undefined) return;
    const { changes, isSound } = read;
    const lines = ["available", "changed", "disappeared"].flatMap((word, index) =>
      (changes[index] ?? []).map((name) => ({ name, line: `${name}: ${word}` })),
    );
    if (lines.length === 0 && isSound) session.output("No config updates to processes");
    for (const { line } of lines.toSorted((a, b) => (a.name < b.name ? -1 : 1))) session.output(line);
  },
);

/** Scripts of the boot write drop-ins and then ask for this: what they want comes by itself. */
const WHILE_BOOTING =
  "The container is still booting: it follows its configuration when its scripts have ended";

/** Has the configuration read; undefined while the container boots or stops, which is told. Mistakes are told and make the exit code 1; the changes are those of the sound rest. */
async function readConfiguration(session: Session, whileStopping: string) {
  try {
    const words = { [Fault.SHUTDOWN_STATE]: whileStopping };
    const read = await session.callOrTell<Changes>(words, "reloadConfig");
    return read && { changes: read[0], isSound: true };
  } catch (error) {
    if (error instanceof CallFault && error.is(Fault.NOT_STARTED)) {
      session.output(WHILE_BOOTING);
      return undefined;
    }
    if (!(error instanceof CallFault && error.is(Fault.CANT_REREAD))) throw error;
    session.complain(`ERROR: ${error.message}`);
    const [changes] = await session.call<Changes>("aidock.getConfigChanges");
    return { changes, isSound: false };
  }
}

const update: CtlCommand = {
  help: [
    [
      "update",
      "Read the configuration and follow it: stop what is gone, restart what changed, start what is new",
    ],
    ["update <group>…", "The same for these groups only"],
  ],
  async run(session, args) {
    const read = await readConfiguration(session, "ERROR: already shutting down");
    if (read === undefined) return;
    const [added, changed, removed] = read.changes;
    const wanted = new Set(args.includes("all") ? [] : args);
    if (wanted.size > 0) await complainAboutUnknown(session, wanted, added);
    const chosen = (groups: string[]) => groups.filter((group) => wanted.size === 0 || wanted.has(group));
    for (const group of chosen(removed)) {
      await stopAndRemove(session, group);
      session.output(`${group}: removed process group`);
    }
    for (const group of chosen(changed)) {
      await stopAndRemove(session, group);
      await session.call("addProcessGroup", group);
      session.output(`${group}: updated process group`);
    }
    for (const group of chosen(added)) {
      await session.call("addProcessGroup", group);
      session.output(`${group}: added process group`);
    }
  },
};

async function complainAboutUnknown(session: Session, wanted: Set<string>, added: string[]): Promise<void> {
  const infos = await session.call<{ group: string }[]>("getAllProcessInfo");
  const known = new Set([...infos.map(({ group }) => group), ...added]);
  for (const group of wanted) if (!known.has(group)) session.complain(`ERROR: no such group: ${group}`);
}

async function stopAndRemove(session: Session, group: string): Promise<void> {
  await session.call("stopProcessGroup", group);
  session.output(`${group}: stopped`);
  await session.call("removeProcessGroup", group);
}

const add: CtlCommand = {
  help: [["add <group>…", "Use groups that the configuration has and nobody uses yet"]],
  async run(session, groups) {
    for (const group of groups) {
      const words = {
        [Fault.SHUTDOWN_STATE]: "ERROR: shutting down",
        [Fault.BAD_NAME]: `ERROR: no such process/group: ${group}`,
      };
      try {
        if (await session.callOrTell(words, "addProcessGroup", group))
          session.output(`${group}: added process group`);
      } catch (error) {
        if (!(error instanceof CallFault && error.is(Fault.ALREADY_ADDED))) throw error;
        // No failure for the exit code: the group is in use, as asked for.
        session.output("ERROR: process group already active");
      }
    }
  },
};

const remove: CtlCommand = {
  help: [["remove <group>…", "Forget groups that are stopped"]],
  async run(session, groups) {
    for (const group of groups) {
      const words = {
        [Fault.STILL_RUNNING]: `ERROR: process/group still running: ${group}`,
        [Fault.BAD_NAME]: `ERROR: no such process/group: ${group}`,
      };
      if (await session.callOrTell(words, "removeProcessGroup", group))
        session.output(`${group}: removed process group`);
    }
  },
};

const avail = withoutArguments(
  "avail",
  [["avail", "Show all processes of the configuration"]],
  async (session) => {
    for (const info of await session.call<ConfigInfo[]>("getAllConfigInfo")) {
      const inUse = info.inuse ? "in use" : "avail";
      const start = info.autostart ? "auto" : "manual";
      const priority = `${info.group_prio}:${info.process_prio}`;
      session.output(`${programId(info).padEnd(32)} ${inUse.padEnd(9)} ${start.padEnd(9)} ${priority}`);
    }
  },
);

export const configurationCommands: Record<string, CtlCommand> = { reread, update, add, remove, avail };
