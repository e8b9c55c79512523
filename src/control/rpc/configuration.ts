import { z } from "zod";
import type { Problem } from "../../programs/problem.ts";
import type { ProgramSpec } from "../../programs/spec.ts";
import { signalNumber } from "../../sys/children.ts";
import { type ControlContext, requireRunning } from "../context.ts";
import { logPath } from "./info.ts";
import { findGroup, method, none, RpcFault, type RpcValue, text } from "./method.ts";

const named = z.tuple([text]);

/**
 * Reading the configuration, and using groups of it, by supervisord's rules. A mistake makes reloadConfig fail with
 * CANT_REREAD, as in supervisord; unlike in supervisord, the sound rest has been read and addProcessGroup can use it.
 */
export const configurationMethods = {
  reloadConfig: method(
    "array",
    "Read the configuration: groups added, changed, removed",
    none,
    async (context) => {
      requireRunning(context.supervisor.phase);
      const mistakes = (await context.configuration.reread()).filter(isMistake);
      if (mistakes.length > 0) throw new RpcFault("CANT_REREAD", mistakes.map(inTheirWords).join("\n"));
      return changes(context);
    },
  ),
  addProcessGroup: method(
    "boolean string",
    "Use a group of the configuration",
    named,
    async (context, [name]) => {
      requireRunning(context.supervisor.phase);
      const { supervisor, configuration } = context;
      const specs = configuration.group(name);
      if (specs.length === 0) throw new RpcFault("BAD_NAME", name);
      if (supervisor.programs.some(({ spec }) => spec.group === name))
        throw new RpcFault("ALREADY_ADDED", name);
      await supervisor.autostart(specs.map((spec) => supervisor.add(spec)));
      return true;
    },
  ),
  removeProcessGroup: method(
    "boolean string",
    "Forget a group that is stopped",
    named,
    ({ supervisor }, [name]) => {
      const members = findGroup(supervisor, name);
      if (!members.every((program) => program.isDown)) throw new RpcFault("STILL_RUNNING", name);
      for (const program of members) supervisor.remove(program);
      return true;
    },
  ),
  getAllConfigInfo: method(
    "array",
    "All processes of the configuration",
    none,
    ({ supervisor, configuration }) => {
      const used = new Set(supervisor.programs.map(({ spec }) => spec.group));
      return configuration.specs
        .toSorted((a, b) => (a.name < b.name ? -1 : Number(a.name > b.name)))
        .map((spec) => configInfo(spec, used.has(spec.group)));
    },
  ),
};

/** Methods that supervisord does not have. */
export const ownMethods = {
  getConfigChanges: method("array", "Groups that an update would add, change, remove", none, changes),
};

/** Names of groups: added, changed and removed, in reloadConfig's double array. */
function changes({ supervisor, configuration }: ControlContext): RpcValue {
  const { added, changed, removed } = configuration.groupChanges(supervisor);
  return [[added, changed, removed]];
}

/** True for an error in a drop-in. Errors in remotes and variables must not break clients of supervisord. */
function isMistake({ severity, file }: Problem): boolean {
  return severity === "error" && file !== null;
}

/** The message, then section and file in supervisord's form, which scripts match. */
function inTheirWords({ message, file, line, section }: Problem): string {
  const place = line === null ? `${file}: ` : `${file}:${line}: `;
  const what = message.startsWith(place) ? message.slice(place.length) : message;
  const where = section === null ? "" : ` in section '${section}'`;
  return `${line === null ? "" : `line ${line}: `}${what},${where} (file: '${file}')`;
}

/** The fields of supervisord's getAllConfigInfo; event and syslog settings have no effect here. */
function configInfo(spec: ProgramSpec, inuse: boolean): RpcValue {
  const stderr = spec.stderr === "stdout" ? undefined : spec.stderr;
  return {
    name: spec.name,
    group: spec.group,
    inuse,
    group_prio: spec.groupPriority ?? spec.priority,
    process_prio: spec.priority,
    command: spec.command.join(" "),
    directory: spec.directory ?? "none",
    uid: spec.user ?? "none",
    autostart: spec.autostart,
    exitcodes: spec.exitcodes,
    startsecs: spec.startsecs,
    startretries: spec.startretries,
    stopsignal: signalNumber(spec.stopsignal) ?? 0,
    stopwaitsecs: spec.stopwaitsecs,
    killasgroup: spec.killasgroup,
    redirect_stderr: spec.stderr === "stdout",
    serverurl: spec.environment["SUPERVISOR_SERVER_URL"] ?? "auto",
    ...logInfo("stdout", spec.stdout),
    ...logInfo("stderr", stderr ?? { kind: "none" }),
  };
}

function logInfo(stream: "stdout" | "stderr", log: Exclude<ProgramSpec["stderr"], "stdout">) {
  const path = logPath(log);
  return {
    [`${stream}_logfile`]: path === "" ? "none" : path,
    [`${stream}_logfile_maxbytes`]: log.kind === "file" ? log.maxBytes : 0,
    [`${stream}_logfile_backups`]: log.kind === "file" ? log.backups : 0,
    [`${stream}_capture_maxbytes`]: 0,
    [`${stream}_events_enabled`]: false,
    [`${stream}_syslog`]: false,
  };
}
