import { programId } from "../../programs/names.ts";
import type { ProgramSpec } from "../../programs/spec.ts";
import type { Program } from "../../supervisor/program.ts";
import { programStatus } from "../../supervisor/status.ts";
import { isProtected, type PortalContext } from "./context.ts";
import { logNameOf } from "./log-files.ts";
import type { PortalState } from "./protocol.ts";

/** The state of the container at this moment. */
export function portalState(context: PortalContext): PortalState {
  const { supervisor, version, boot, idle, ssh, services, logDirectory } = context;
  return {
    version,
    phase: supervisor.phase,
    boot: boot(),
    idle: idle.state(),
    notices: supervisor.notices.shown,
    programs: supervisor.programs.map((program) => describe(program, logDirectory)),
    services: services(),
    ssh: ssh(),
  };
}

function describe(program: Program, directory: string): PortalState["programs"][number] {
  const { spec } = program;
  const nameOf = (stream: "stdout" | "stderr") => {
    const log: ProgramSpec["stderr"] = spec[stream];
    return log === "stdout" || log.kind !== "file" ? null : logNameOf(directory, log.path, programId(spec));
  };
  return {
    ...programStatus(program),
    id: programId(spec),
    protected: isProtected(program),
    stdout_log: nameOf("stdout"),
    stderr_log: nameOf("stderr"),
  };
}
