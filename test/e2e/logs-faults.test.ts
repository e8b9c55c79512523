import { createHash } from "node:crypto";
import { expect, test } from "bun:test";
import { boot, type Container, waitFor } from "./harness.ts";

const LOGS = "/var/log/supervisor";
/** Floods take their time where others use the processors, too. */
const LONG_MS = 300_000;

/** What a command counts, once it counts enough: the end of a program is not the end of writing what it said. */
async function grown(container: Container, command: string, enough: number): Promise<number> {
  let count = 0;
  return await waitFor(
    async () => {
      count = Number(await container.sh(command));
      return count >= enough && count;
    },
    { what: `${enough} by "${command}"`, detail: () => `${count}`, limit: LONG_MS },
  );
}

/** Without what was shown of a line before the whole line: a program that waits for a processor has unfinished lines. */
function finishedLines(lines: string[]): string[] {
  const programs = Map.groupBy(lines, (line) => line.slice(0, line.indexOf("|")));
  return [...programs.values()].flatMap((own) =>
    own.filter((line, index) => own[index + 1] === line || own[index + 1]?.startsWith(line) !== true),
  );
}

test("a full disk costs log bytes, not the program, and is over when there is room again", async () => {
  const ticker =
    "[program:ticker]\ncommand=bash -c 'while :; do printf \"%%s %%0500d\\n\" tick $((++n)); sleep 0.1; done'\nredirect_stderr=true\n";
  await using container = await boot({ tmpfs: [`${LOGS}:size=1m`], programs: { "a.conf": ticker } });
  await container.waitReady();
  await container.sh(`head -c 2000000 /dev/zero >${LOGS}/ballast || true`);
  await container.waitLog(/Cannot write log ".*": ENOSPC/);
  expect(await container.sh("ai-dock status ticker")).toContain("RUNNING");
  await container.sh(`rm ${LOGS}/ballast`);
  await container.waitLog(/Writing log ".*ticker\.log" again; \d+ bytes were dropped/);
  const size = async () => Number(await container.sh(`stat -c %s ${LOGS}/ticker.log`));
  const before = await size();
  await waitFor(async () => (await size()) > before, { what: "the log to grow" });
});

test("a log folder that cannot be written or has gone costs no program", async () => {
  const printer = (name: string, log: string) =>
    `[program:${name}]\ncommand=bash -c 'while sleep 0.05; do echo ${name}; done'\nstdout_logfile=${log}\n`;
  const config =
    printer("closed", "/proc/nowhere/a.log") +
    printer("made", "/srv/deep/folder/made.log") +
    printer("taken", "/srv/taken");
  await using container = await boot({ programs: { "a.conf": config }, tmpfs: ["/srv/taken"] });
  await container.waitReady();
  await container.waitLog(/Cannot write log "\/proc\/nowhere\/a\.log"/);
  await container.waitLog(/Cannot write log "\/srv\/taken"/);
  await container.waitLog("closed | closed");
  await container.waitLog("taken | taken");
  // The folder may be made again before it is gone.
  await container.sh("until rm -r /srv/deep; do :; done");
  await waitFor(async () => (await container.read("/srv/deep/folder/made.log")).includes("made"), {
    what: "the folder to be made again",
  });
});

test("nothing is lost at rotation, stop, crash and restart, and floods of many programs come whole", async () => {
  const lines = 20_000;
  const flood = `[program:flood]\ncommand=bash -c 'seq -f "line %%.0f of %(process_num)d" ${lines}'\nprocess_name=flood%(process_num)02d\nnumprocs=20\nstartsecs=0\nautorestart=false\nstdout_logfile_maxbytes=100KB\nstdout_logfile_backups=50\n`;
  const last =
    "[program:last]\ncommand=bash -c 'trap \"seq 10000; exit\" TERM; while sleep 0.05; do :; done'\nstartsecs=0\n";
  const dying =
    "[program:dying]\ncommand=bash -c 'seq 10000; kill -KILL $$'\nstartsecs=0\nautorestart=false\n";
  await using container = await boot({ programs: { "a.conf": flood + last + dying } });
  await waitFor(async () => (await container.sh("ai-dock status --json | grep -c EXITED || true")) === "21", {
    what: "the floods to end",
    limit: LONG_MS,
  });
  for (const number of ["00", "19"]) {
    // A program may have ended before the last of its pipe is written.
    const end = `line ${lines} of ${Number(number)}`;
    await waitFor(async () => (await container.sh(`tail -qn 1 ${LOGS}/flood${number}.log*`)).includes(end), {
      what: end,
      limit: LONG_MS,
    });
    const sum = await container.sh(
      `cd ${LOGS} && cat $(ls flood${number}.log* | sort -t. -k3 -rn | grep log.) flood${number}.log | sha256sum`,
    );
    const wanted = Array.from(
      { length: lines },
      (_, index) => `line ${index + 1} of ${Number(number)}\n`,
    ).join("");
    expect(sum.split(" ")[0]).toBe(createHash("sha256").update(wanted).digest("hex"));
  }
  expect(await grown(container, `wc -l <${LOGS}/dying.log`, 10_000)).toBe(10_000);
  await container.sh("ai-dock stop last");
  expect(await grown(container, `wc -l <${LOGS}/last.log`, 10_000)).toBe(10_000);
  let log: string[] = [];
  const whole = (line: string) => /^flood:flood\d\d \| line \d+ of \d+$/.test(line);
  await waitFor(
    async () => {
      log = finishedLines((await container.logs()).split("\n").filter((line) => line.startsWith("flood:")));
      return log.filter(whole).length >= 20 * lines;
    },
    { what: "the floods in the container's output", detail: () => `${log.length} lines`, limit: LONG_MS },
  );
  expect(log).toHaveLength(20 * lines);
  expect(log.filter((line) => !whole(line))).toEqual([]);
});

test("100 MB without a newline, and binary, come byte for byte into the file, at little memory", async () => {
  const long =
    "[program:long]\ncommand=bash -c 'head -c 100000000 /dev/zero | tr \"\\\\0\" x'\nstartsecs=0\nautorestart=false\nstdout_logfile_maxbytes=0\n";
  const binary =
    "[program:binary]\ncommand=head -c 3000000 /tmp/random\nstartsecs=0\nautostart=false\nautorestart=false\nstdout_logfile_maxbytes=0\n";
  await using container = await boot({ programs: { "a.conf": long + binary } });
  await waitFor(async () => (await container.sh("ai-dock status long || true")).includes("EXITED"), {
    limit: LONG_MS,
  });
  await grown(container, `stat -c %s ${LOGS}/long.log`, 100_000_000);
  expect(await container.sh(`tr -d x <${LOGS}/long.log | wc -c; stat -c %s ${LOGS}/long.log`)).toBe(
    "0\n100000000",
  );
  expect(
    Number(await container.sh("sed -n 's/^VmHWM:[^0-9]*\\([0-9]*\\).*/\\1/p' /proc/1/status")),
  ).toBeLessThan(200_000);
  await container.sh("head -c 3000000 /dev/urandom >/tmp/random; ai-dock start binary || true");
  await waitFor(async () => (await container.sh("ai-dock status binary || true")).includes("EXITED"));
  await grown(container, `stat -c %s ${LOGS}/binary.log`, 3_000_000);
  await container.sh(`cmp /tmp/random ${LOGS}/binary.log`);
});

test("a reader of the container's output that stalls stops nobody, and gets what the log files have kept", async () => {
  const ticker =
    "[program:ticker]\ncommand=bash -c 'while :; do seq 10000; echo >>/tmp/rounds; sleep 0.01; done'\n" +
    "stdout_logfile_maxbytes=1MB\nstdout_logfile_backups=1\n";
  const kept =
    "[program:kept]\ncommand=bash -c 'seq 1000000; sleep 600'\nstdout_logfile_maxbytes=1MB\nstdout_logfile_backups=10\n";
  await using container = await boot({
    programs: { "a.conf": ticker + kept },
    entrypoint: "bash",
    cmd: ["-c", "ai-dock init.sh | (read -r line; until [ -e /tmp/go ]; do sleep 0.05; done; cat >/tmp/out)"],
  });
  // More than any pipe holds, and twice of what the log files of the other one do.
  await grown(container, `cat ${LOGS}/kept.log* | wc -l`, 1_000_000);
  await grown(container, "wc -l </tmp/rounds", 100);
  await container.sh("touch /tmp/go");
  await waitFor(
    async () =>
      (await container.sh(
        "grep -m1 -o 'skipped [0-9]* bytes of ticker, which its log file has lost' /tmp/out || true",
      )) !== "",
    { what: "the count of what was skipped", limit: LONG_MS },
  );
  await container.sh("ai-dock stop ticker");
  await grown(container, "grep -cx 'kept | 1000000' /tmp/out || true", 1);
  // The last line may not be whole yet.
  expect(
    await container.sh(
      "sed '$d' /tmp/out | grep -vcE '^((ticker|kept) \\| [0-9]+|.*ai-dock.*|(boot|supervisor) \\| .*)$' || true",
    ),
  ).toBe("0");
  await container.sh("sed -n 's/^kept | //p' /tmp/out >/tmp/kept");
  // Without what was shown of a line before the whole line.
  const finished = "awk 'NR > 1 && index($0, last) != 1 { print last } { last = $0 } END { print last }'";
  expect(await container.sh(`seq 1000000 | cmp - <(${finished} /tmp/kept) && echo same`)).toBe("same");
});
