import { noteTime, type Process } from "./observation.ts";
import { DEFAULT_LOGS, fileName, newProcess, type Side } from "./side.ts";

const CONF_D = "/etc/supervisor/supervisord/conf.d";
/** Beside the drop-ins, so that both sides mean the same by %(here)s. */
const MAIN = `${CONF_D}/supervisord.main`;

const main = (include: string) => `[supervisord]
nodaemon=true
user=root
logfile=/report/.log
childlogdir=${DEFAULT_LOGS}
pidfile=/run/supervisord.pid
[unix_http_server]
file=/run/supervisor.sock
[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface
[supervisorctl]
serverurl=unix:///run/supervisor.sock
[include]
files=${include}
`;

/** A listener that keeps every event, however many come before it is up. */
const listener = `[eventlistener:listener]
command=/fixtures/oracle-listener.pl
events=PROCESS_STATE
buffer_size=100000
stderr_logfile=/tmp/listener.err
`;

/** A configuration is refused when supervisord ends over it; 124 is the end of the time it got to do so. */
const TRY = `for file in ${CONF_D}/*.refused; do
  sed "s|^files=.*|files=$file|" ${CONF_D}/refused.main >/tmp/refused.conf
  timeout 60 /usr/bin/supervisord -c /tmp/refused.conf >/dev/null 2>&1
  [ $? -eq 2 ] && basename "$file" .refused
done; true`;

export const supervisord: Side = {
  name: "supervisord",
  argv: ["/usr/bin/supervisord", "-c", MAIN],
  control: ["/usr/bin/supervisorctl", "-c", MAIN],
  look: `cat /report/.states /report/.log || true; /usr/bin/supervisorctl -c ${MAIN} status || true`,
  files(rows) {
    const texts = rows.map(({ refused, text }, index) => [
      fileName(index, refused ? "refused" : "conf"),
      text,
    ]);
    return {
      "supervisord.main": main("*.conf") + listener,
      "refused.main": main("?").replace("/report/.log", "/tmp/refused.log").replaceAll("/run/", "/tmp/"),
      ...Object.fromEntries(texts),
    };
  },
  async refused(rows, container) {
    const indices = (await container.sh(TRY)).split("\n").map((name) => Number(name) - 1);
    return new Set(indices.flatMap((index) => rows[index]?.name ?? []));
  },
  read,
};

function read(seen: string): Map<string, Process> {
  const processes = new Map<string, Process>();
  // Its log has the names of processes without their groups; in the table no name is there twice.
  const byName = new Map<string, Process>();
  const of = (id: string) => {
    const process = processes.get(id) ?? newProcess();
    processes.set(id, process);
    byName.set(id.slice(id.indexOf(":") + 1), process);
    return process;
  };
  for (const line of seen.split("\n")) {
    const [, status, state, description = ""] =
      /^(\S+)\s+(STOPPED|STARTING|RUNNING|BACKOFF|STOPPING|EXITED|FATAL)\s*(.*)$/.exec(line) ?? [];
    if (status === undefined) continue;
    const isEvent = description === "" && !line.includes("  ");
    const process = of(status.includes(":") ? status : `${status}:${status}`);
    if (isEvent) process.states.push(state!);
    else if (state === "FATAL") process.errors.push(description);
  }
  for (const line of seen.split("\n")) {
    const [, day, time = "", event, name, rest = ""] =
      /^(\S+) (\S+) \w+ (spawned|exited|stopped): '?([^\s']+)'? (.*)$/.exec(line) ?? [];
    const process = byName.get(name ?? "");
    if (process === undefined) continue;
    const at = Date.parse(`${day}T${time.replace(",", ".")}Z`);
    if (event !== "stopped") noteTime(process, event === "spawned" ? "start" : "end", at);
    if (event === "spawned") process.pids.push(Number(rest.replace("with pid ", "")));
    else if (event === "exited") process.ends.push(endOf(rest));
    else process.stopEnd = endOf(rest);
  }
  for (const process of processes.values()) if (process.states.at(-1) !== "STOPPED") process.stopEnd = null;
  return processes;
}

/** `(exit status 3; not expected)`, `(terminated by SIGKILL; not expected)`, `(exit status 0)`. */
function endOf(text: string): number | string {
  const [, code, signal = ""] = /exit status (\d+)|terminated by SIG(\w+)/.exec(text) ?? [];
  return code === undefined ? signal : Number(code);
}
