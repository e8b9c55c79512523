import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "bun:test";
import { boot, type Container, PEERS_IMAGE, tempFolder, waitFor } from "../harness.ts";
import { complaint, differences } from "./differences.ts";
import { CHANGE, changed, lines, linesWithoutServer, programs } from "./script.ts";

interface Answer {
  line: string;
  code: number;
  output: string;
}

interface Side {
  container: Container;
  argv: string[];
  configuration: string;
}

async function side(argv: string[], how: { entrypoint?: string; cmd?: string[] }): Promise<Side> {
  const folder = tempFolder();
  const configuration = join(folder, "all.conf");
  writeFileSync(configuration, programs);
  const container = await boot({ image: PEERS_IMAGE, mounts: [`${folder}:/etc/supervisor/conf.d`], ...how });
  const settled = async () => {
    const { stdout } = await container.exec([...argv, "status"]);
    return (
      /^fails +FATAL/m.test(stdout) && /^once +EXITED/m.test(stdout) && !/ (STARTING|BACKOFF) /.test(stdout)
    );
  };
  await waitFor(settled, { what: `${argv[0]} status to settle`, detail: () => container.logs() });
  return { container, argv, configuration };
}

async function transcript({ container, argv, configuration }: Side, commands: string[]): Promise<Answer[]> {
  const answers: Answer[] = [];
  for (const line of commands) {
    if (line === CHANGE) {
      writeFileSync(configuration, changed);
      continue;
    }
    const ask = () => container.exec([...argv, ...line.split(" ")]);
    // Whoever is on its way up when one of them is asked may have arrived when the other is.
    const steady = async () => {
      const answer = await ask();
      return !/ STARTING /.test(answer.stdout) && answer;
    };
    const { stdout, stderr, code } = await (line.startsWith("status") ? waitFor(steady) : ask());
    answers.push({ line, code, output: normal(line, stdout + stderr) });
  }
  return answers;
}

/** What cannot be equal is taken out: process ids, times, the order in which processes end, words of help. */
function normal(line: string, text: string): string {
  const output = text
    .replaceAll(/pid \d+, uptime .*/g, "pid PID, uptime TIME")
    .replaceAll(/[A-Z][a-z]{2} \d\d \d\d:\d\d [AP]M/g, "DATE")
    .replaceAll(/^[1-9]\d*$/gm, "PID");
  const complained = complaint.exec(output);
  if (complained !== null) return complained[0];
  const manyAtOnce = / all$|:\*$/.test(line);
  return manyAtOnce ? output.split("\n").toSorted().join("\n") : output;
}

const explained = new Set<RegExp>();

function asOurs(answer: Answer): Answer {
  let { output } = answer;
  for (const { theirs, ours } of differences) {
    if (output.search(theirs) === -1) continue;
    explained.add(theirs);
    output = output.replaceAll(theirs, ours);
  }
  return { ...answer, output };
}

test("the same commands get the same answers and exit codes as from supervisord", async () => {
  const supervisord = await side(["/usr/bin/supervisorctl"], {
    entrypoint: "/usr/bin/supervisord",
    cmd: ["-n"],
  });
  await using theirs = supervisord.container;
  const aiDock = await side(["/opt/ai-dock/bin/supervisorctl"], {});
  await using ours = aiDock.container;
  const [expected, actual] = await Promise.all([transcript(supervisord, lines), transcript(aiDock, lines)]);
  for (const [index, answer] of actual.entries()) expect(answer).toEqual(asOurs(expected[index]!));
  expect([await theirs.wait(), await ours.wait()]).toEqual([0, 0]);

  await using nobody = await boot({ image: PEERS_IMAGE, entrypoint: "sleep", cmd: ["1000"] });
  const ask = (argv: string[]) =>
    transcript({ container: nobody, argv, configuration: "" }, linesWithoutServer);
  const without = await ask(["/usr/bin/supervisorctl"]);
  expect(await ask(["/opt/ai-dock/bin/supervisorctl"])).toEqual(without.map(asOurs));
  expect(
    differences.filter(({ theirs: pattern }) => !explained.has(pattern)).map(({ reason }) => reason),
  ).toEqual([]);
});
