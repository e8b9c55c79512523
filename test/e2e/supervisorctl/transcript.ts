import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { boot, type Container, PEERS_IMAGE, tempFolder, waitFor } from "../harness.ts";
import { complaint, differences } from "./differences.ts";
import { BREAK, broken, CHANGE, changed, HOLD, programs } from "./script.ts";

export interface Answer {
  line: string;
  code: number;
  output: string;
}

const CONFIGURATION = "/etc/supervisor/conf.d/all.conf";

/** Boots one of the two supervisors on our programs, and waits until they are what they will be. */
export async function supervise(
  supervisorctl: string,
  how: { entrypoint?: string; cmd?: string[] },
): Promise<Container> {
  const folder = tempFolder();
  writeFileSync(join(folder, "all.conf"), programs);
  writeFileSync(join(folder, "changed"), changed);
  writeFileSync(join(folder, "broken"), broken);
  const container = await boot({
    image: PEERS_IMAGE,
    healthcheck: false,
    mounts: [`${folder}:/etc/supervisor/conf.d`],
    ...how,
  });
  const settled = async () => {
    const { stdout } = await container.exec([supervisorctl, "status"]);
    return (
      /^fails +FATAL/m.test(stdout) && /^once +EXITED/m.test(stdout) && !/ (STARTING|BACKOFF) /.test(stdout)
    );
  };
  await waitFor(settled, { what: "status to settle", detail: () => container.logs() });
  return container;
}

/**
 * Runs each line, all in one shell inside the container. Whoever is on its way up when one of the two is asked
 * for its status may have arrived when the other is: so both are asked until nothing is. The end of the container, which
 * ends the shell, too, waits until the answer is out.
 */
const script = `
change() { cp "/etc/supervisor/conf.d/$1" ${CONFIGURATION}; }
ask() { output=$("$ctl" "$@" 2>&1; echo "<$?>"); }
ctl=$0
for line; do
  if [ "$line" = "${CHANGE}" ]; then change changed; continue; fi
  if [ "$line" = "${BREAK}" ]; then change broken; continue; fi
  [ "$line" != shutdown ] || touch ${HOLD}
  ask $line
  while [[ $line == status* && $output == *" STARTING "* ]]; do sleep 0.05; ask $line; done
  printf '%s\\0' "$output"
  [ "$line" != shutdown ] || rm -f ${HOLD}
done`;

export async function transcript(
  container: Container,
  supervisorctl: string,
  lines: string[],
): Promise<Answer[]> {
  const { stdout } = await container.exec(["bash", "-fc", script, supervisorctl, ...lines]);
  const outputs = stdout.split("\0");
  return lines
    .filter((line) => line !== CHANGE && line !== BREAK)
    .map((line, index) => {
      const [, text = "", code = "-1"] = /^(.*)<(\d+)>$/s.exec(outputs[index] ?? "") ?? [];
      return { line, code: exitCode(line, Number(code)), output: normal(line, text) };
    });
}

/** Where several fail in several ways, the last one sets the exit code, and which one is last is chance. */
function exitCode(line: string, code: number): number {
  return line === "start all" ? Math.min(code, 1) : code;
}

/** What cannot be equal is taken out: process ids, times, the order in which processes end, words of help. */
function normal(line: string, text: string): string {
  const output = text
    .replaceAll(/pid \d+, uptime .*/g, "pid PID, uptime TIME")
    .replaceAll(/[A-Z][a-z]{2} \d\d \d\d:\d\d [AP]M/g, "DATE")
    .replaceAll(/CANT_REREAD: line \d+/g, "CANT_REREAD: line LINE")
    .replaceAll(/^[1-9]\d*$/gm, "PID");
  const complained = complaint.exec(output);
  if (complained !== null) return complained[0];
  const manyAtOnce = / all$|:\*$/.test(line);
  return manyAtOnce ? output.split("\n").toSorted().join("\n") : output;
}

const explained = new Set<RegExp>();

/** An answer of supervisord's as ours should be. */
export function asOurs(answer: Answer): Answer {
  let { output } = answer;
  for (const { theirs, ours } of differences) {
    if (output.search(theirs) === -1) continue;
    explained.add(theirs);
    output = output.replaceAll(theirs, ours);
  }
  return { ...answer, output };
}

/** Reasons of differences that no answer has shown. */
export function unseenDifferences(): string[] {
  return differences.filter(({ theirs }) => !explained.has(theirs)).map(({ reason }) => reason);
}
