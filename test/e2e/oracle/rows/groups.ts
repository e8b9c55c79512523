import { type Row, row, under } from "../row.ts";

const LOGS = "stdout_logfile=NONE\nstderr_logfile=NONE";

/** Several processes and programs, their names, and the order they start and stop in. */
export const groups: Row[] = [
  row(
    "numprocs-3",
    "command=$P stay=1 %(process_num)d\nnumprocs=3\nprocess_name=%(program_name)s-%(process_num)02d",
  ),
  row(
    "numprocs-start",
    "command=$P stay=1 %(process_num)d\nnumprocs=2\nnumprocs_start=8\nprocess_name=%(program_name)s_%(process_num)d",
  ),
  row("numprocs-0", "command=$P\nnumprocs=0", { until: "none" }),
  row(
    "numprocs-priority",
    `command=$P\nnumprocs=2\nprocess_name=%(program_name)s.%(process_num)s\nenvironment=N="%(process_num)s"\npriority=4`,
  ),
  row("process-name", "command=$P\nprocess_name=process-name-of-its-own"),
  row(
    "group",
    `[program:group.a]\ncommand=$P stay=1 %(group_name)s\n${LOGS}\n[program:group.b]\ncommand=$P\n${LOGS}\n[group:group]\nprograms=group.b,group.a\n`,
    { differs: { order: "order within a group" } },
  ),
  row(
    "group-numprocs",
    `[program:group-numprocs.a]\ncommand=$P\nnumprocs=2\nprocess_name=%(program_name)s-%(process_num)d\n${LOGS}\n[group:group-numprocs]\nprograms=group-numprocs.a\npriority=7\n`,
  ),
  row(
    "group-stop",
    `[program:group-stop.a]\ncommand=$P\n${LOGS}\n[program:group-stop.b]\ncommand=$P code=9\n${LOGS}\n[group:group-stop]\nprograms=group-stop.a,group-stop.b\n`,
    { steps: [{ verb: "stop", until: "STOPPED" }] },
  ),
  row(
    "order",
    ["30", "10", "20"]
      .map((priority) => `[program:order.${priority}]\ncommand=$P slow=1\npriority=${priority}\n${LOGS}\n`)
      .join(""),
  ),
  row(
    "members",
    `${["3", "1", "2"].map((priority) => `[program:members.${priority}]\ncommand=$P\npriority=${priority}\n${LOGS}\n`).join("")}[group:members]\nprograms=members.3,members.1,members.2\n`,
    { differs: under("order within a group", "order") },
  ),
  row(
    "order-by-name",
    ["c", "a", "b"].map((name) => `[program:order-by-name.${name}]\ncommand=$P slow=1\n${LOGS}\n`).join(""),
    { differs: { "stop order": "equal priorities stop together" } },
  ),
];
