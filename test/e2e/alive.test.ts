import { expect, test } from "bun:test";
import type { ProgramStatus } from "../../src/supervisor/status.ts";
import { boot, type Container, must, waitFor } from "./harness.ts";

/** Answers http in turn, as long as it is not stopped; Debian's perl-base has what it takes. */
const server = `use IO::Socket::INET;
my $s = IO::Socket::INET->new(LocalAddr => "127.0.0.1:8188", Listen => 5, ReuseAddr => 1) or die;
while (my $c = $s->accept) {
  while (<$c>) { last if /^\\r?$/ }
  print $c "HTTP/1.1 200 OK\\r\\nContent-Length: 0\\r\\nConnection: close\\r\\n\\r\\n";
  close $c;
}
`;

// Longer than a busy machine keeps a program that is well from a processor.
const numbers = "alive_interval=1\nalive_timeout=4\nalive_failures=2\nstopwaitsecs=1";

const programs = {
  "web.conf": `[program:web]
command=perl /opt/server.pl
ready=http://127.0.0.1:8188/
alive=http://localhost:8188/up
${numbers}
user=nobody
`,
  "heart.conf": `[program:heart]
command=bash -c "while :; do echo tick; sleep 0.3; done"
alive=log:^tick$
alive_interval=4
alive_failures=1
stopwaitsecs=1
`,
  "checked.conf": `[program:checked]
command=sleep 1000
user=nobody
alive=exec:bash -c '[[ $(id -un) = nobody && $MARK = own ]] && setsid sleep 777 & sleep 1.5'
environment=MARK="own"
alive_interval=1
alive_timeout=7
alive_failures=1
`,
};

async function statuses(container: Container): Promise<Record<string, ProgramStatus>> {
  const all = JSON.parse(await container.sh("ai-dock status --json || true")) as ProgramStatus[];
  return Object.fromEntries(all.map((program) => [program.name, program]));
}

/** So many further checks of each have succeeded. */
async function waitForChecks(container: Container, names: string[], more: number): Promise<void> {
  const count = (program?: ProgramStatus) => Number(program?.facts["successful_checks"] ?? 0);
  const before = await statuses(container);
  await waitFor(
    async () => {
      const now = await statuses(container);
      return names.every((name) => count(now[name]) >= count(before[name]) + more);
    },
    { what: `${more} checks`, detail: () => container.logs() },
  );
}

test("programs that hang are started again; a paused container and a stop in the middle of a check cost nothing", async () => {
  const env = { AI_DOCK_STOP_TIMEOUT: "60" };
  await using container = await boot({ programs, env, files: { "/opt/server.pl": server } });
  await container.waitReady();
  const names = ["web", "heart", "checked"];
  await waitForChecks(container, names, 2);
  // Checks leave no process behind.
  await container.until("! pgrep -f '^sleep 777' >/dev/null");

  // In the middle of a check.
  await container.until("pgrep -f '^sleep 1.5' >/dev/null");
  await must(["docker", "pause", container.id]);
  // Longer than any check may take.
  await Bun.sleep(8000);
  await must(["docker", "unpause", container.id]);
  await waitForChecks(container, names, 2);
  const paused = await statuses(container);
  expect(names.map((name) => [name, paused[name]?.restarts, paused[name]?.facts["hangs"]])).toEqual(
    names.map((name) => [name, 0, 0]),
  );

  const { pid } = paused["web"]!;
  await container.sh(`kill -STOP ${pid} ${paused["heart"]!.pid}`);
  await waitFor(
    async () => {
      const { web, heart } = await statuses(container);
      return web?.ready && web.restarts === 1 && heart?.ready && heart.restarts === 1;
    },
    { what: "one restart of each", detail: () => container.logs() },
  );
  const { web, heart } = await statuses(container);
  expect(web?.facts["last_failure"]).toBe("no answer within 4 s");
  expect(heart?.facts["last_failure"]).toBe("no line of output matches within 4 s");
  expect(await container.sh("ai-dock status web")).toMatch(
    /^web +RUNNING +pid \d+, up 0:0\d:\d\d, ready, 1 restart, hung once, last at \S+Z: no answer within 4 s$/,
  );
  await container.waitLog(/ warn supervisor web: check failed 1 of 2 times: no answer within 4 s\n/);
  await container.waitLog(
    / error supervisor web hung: no answer within 4 s, 2 checks in a row; stopping it\n/,
  );
  await container.waitLog(/ warn supervisor web did not stop within 1 s; killing it\n/);

  // Another check counts without a restart, and one that hangs holds up no stop.
  container.writeProgram(
    "checked.conf",
    programs["checked.conf"].replace(/alive=.*/, "alive=exec:sleep 888").replace("timeout=7", "timeout=600"),
  );
  expect(await container.sh("ai-dock update")).toBe("checked: changed");
  await container.until("pgrep -f '^/usr/bin/sleep 888' >/dev/null");
  expect((await statuses(container))["checked"]?.pid).toBe(paused["checked"]!.pid);
  expect((await container.stop(90)).code).toBe(0);
  expect(await container.stopMilliseconds()).toBeLessThan(20_000);
});
