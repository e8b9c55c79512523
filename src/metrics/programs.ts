import type { ProgramFacts } from "../control/metric-facts.ts";
import type { FactValue } from "../programs/spec.ts";
import type { Exposition } from "./exposition.ts";
import { counter, gauge } from "./metric.ts";
import type { TreeUsage } from "./trees.ts";

const STATES = ["STOPPED", "STARTING", "RUNNING", "BACKOFF", "STOPPING", "EXITED", "FATAL"];
/** With seven states each, these are as many series as anybody stores for one container. */
const MOST_PROGRAMS = 1000;

const name = (rest: string) => `ai_dock_program_${rest}`;

export const programMetrics = {
  state: gauge(name("state"), "1 for the state of a program, 0 for its others", "program", "state"),
  up: gauge(name("up"), "1 while the program has a process of its own", "program"),
  ready: gauge(
    name("ready"),
    "1 while the program is ready by its own check; without one, while it is RUNNING",
    "program",
  ),
  restarts: counter(
    name("restarts_total"),
    "How often the program was started again without a request",
    "program",
  ),
  hangs: counter(
    name("hangs_total"),
    "How often the program was found to hang by its `alive` check, and was started again",
    "program",
  ),
  checks: counter(name("alive_checks_total"), "Successful `alive` checks", "program"),
  failing: gauge(
    name("alive_failures"),
    "`alive` checks that have failed one after the other, until now",
    "program",
  ),
  start: gauge(name("start_time_seconds"), "When the process was started, since the epoch", "program"),
  cpu: counter(
    name("cpu_seconds_total"),
    "CPU time of the program and all that it has started, ended processes included",
    "program",
  ),
  memory: gauge(
    name("resident_memory_bytes"),
    "Memory of the program and all that it has started; pages that they share count for each",
    "program",
  ),
  processes: gauge(name("processes"), "Processes of the program and all that it has started", "program"),
  written: counter(
    name("log_bytes_total"),
    "Bytes that the program has written to its output",
    "program",
    "stream",
  ),
  skipped: counter(
    name("log_skipped_bytes_total"),
    "Bytes of its output that the output of the container does not show: too many, or its reader stalled",
    "program",
    "stream",
  ),
  dropped: counter(
    name("log_dropped_bytes_total"),
    "Bytes that its log file does not have, as the file could not be written",
    "program",
    "stream",
  ),
};

/** `usages`: what the trees of processes use, as far as they could be read, by program. */
export function addPrograms(to: Exposition, programs: ProgramFacts[], usages: Map<string, TreeUsage>): void {
  for (const program of programs.slice(0, MOST_PROGRAMS)) addProgram(to, program, usages.get(program.id));
}

function addProgram(to: Exposition, program: ProgramFacts, usage: TreeUsage | undefined): void {
  const m = programMetrics;
  const { id } = program;
  to.addState(m.state, program.state, STATES, id);
  to.add(m.up, program.pid !== null, id);
  to.add(m.ready, program.ready, id);
  to.add(m.restarts, program.restarts, id);
  const { hangs, successful_checks: checks, failed_checks: failing } = program.facts;
  to.add(m.hangs, numberOrNull(hangs), id);
  to.add(m.checks, numberOrNull(checks), id);
  to.add(m.failing, numberOrNull(failing), id);
  to.add(m.start, program.startTime, id);
  to.add(m.cpu, usage?.cpuSeconds, id);
  to.add(m.memory, usage?.residentBytes, id);
  to.add(m.processes, usage?.processes, id);
  for (const { stream, writtenBytes, skippedBytes, droppedBytes } of program.output) {
    to.add(m.written, writtenBytes, id, stream);
    to.add(m.skipped, skippedBytes, id, stream);
    to.add(m.dropped, droppedBytes, id, stream);
  }
}

const numberOrNull = (fact: FactValue | undefined) => (typeof fact === "number" ? fact : null);
