import { expect, test } from "bun:test";
import { reportReady } from "../../src/init/report-ready.ts";
import { addLogTarget } from "../../src/log.ts";
import { Supervisor } from "../../src/supervisor/supervisor.ts";
import { bareSupervisor, specOf } from "../supervisor/spec-fixture.ts";

test("programs that wait for others belong to the boot: one line, once the last one is up", async () => {
  const lines: string[] = [];
  const remove = addLogTarget((line) => lines.push(line.replace(/^\S+ /, "")));
  const supervisor = new Supervisor(bareSupervisor);
  supervisor.add(specOf("first", { ready: { kind: "exec", command: ["/bin/true"] } }));
  supervisor.add(specOf("second", { dependsOn: ["first"] }));
  supervisor.add(specOf("third", { dependsOn: ["second"], startsecs: 0.01 }));
  supervisor.phase = "running";
  await supervisor.autostart();
  await reportReady(supervisor, performance.now());
  remove();
  await supervisor.stop(supervisor.programs);
  expect(lines.filter((line) => / init /.test(line))).toEqual([
    expect.stringMatching(/^info init ready programs=3 ms=\d+$/),
  ]);
});
