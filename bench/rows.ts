import type { Peer } from "./peers.ts";

/** What we must not exceed (or, where more is better, not fall below): a number, or a peer's figure times a factor. */
export type Budget = { value: number } | { peer: Peer; factor: number };

export interface Row {
  title: string;
  budget?: Budget;
  moreIsBetter?: boolean;
  digits?: number;
}

/** Everything that is measured, by the name under which samples come, in the order of the table. */
export const rows = {
  secondBoot: {
    title: "`docker start` → ssh banner, host keys there, ms",
    budget: { peer: "tini", factor: 1.1 },
  },
  firstBoot: { title: "the same, first boot without host keys, ms", budget: { peer: "tini", factor: 1 } },
  stop: { title: "`docker stop`, sshd alone, ms", budget: { peer: "tini", factor: 1.2 } },
  stop100: { title: "`docker stop`, 100 programs, ms", budget: { peer: "s6", factor: 1 } },
  sshd: { title: "sshd killed → banner of the next, ms", budget: { value: 100 } },
  crash: { title: "program killed → running again, ms", budget: { value: 10 }, digits: 1 },
  start1000: {
    title: "1,000 static programs: exec of the supervisor → all running, ms",
    budget: { value: 1000 },
  },
  stop1000: { title: "1,000 static programs: all stopped, ms", budget: { value: 500 } },
  boot1000: {
    title: "1,000 dynamically linked programs: container start → all running, ms",
    budget: { value: 1200 },
  },
  boot1000Cpu: {
    title: "the same: CPU of the container until at rest, programs included, s",
    budget: { value: 1.5 },
    digits: 2,
  },
  pss1: { title: "Pss, 1 program, MB", budget: { value: 40 }, digits: 1 },
  pss1000: { title: "Pss, 1,000 programs, MB", budget: { value: 48 }, digits: 1 },
  dirty1: { title: "private dirty memory, 1 program, MB", budget: { value: 8.5 }, digits: 1 },
  dirty1000: { title: "private dirty memory, 1,000 programs, MB", budget: { value: 14 }, digits: 1 },
  idleHealth: {
    title: "idle for 30 s: CPU of the container, its health check (peers: `true`) included, ms",
    budget: { value: 15 },
    digits: 1,
  },
  idle: {
    title: "idle for 30 s: CPU of the container without a health check, ms",
    budget: { value: 2 },
    digits: 1,
  },
  switches: { title: "idle for 30 s: context switches of the supervisor", budget: { value: 30 } },
  blocks: {
    title: "1 GiB in blocks of 64 kB to a rotated file alone, MB/s",
    budget: { peer: "supervisord", factor: 1.2 },
    moreIsBetter: true,
  },
  blocksCpu: {
    title: "the same: CPU of the supervisor, s",
    budget: { peer: "supervisord", factor: 0.9 },
    digits: 2,
  },
  lines: {
    title: "256 MiB in writes of one line of 100 bytes to a rotated file alone, MB/s",
    budget: { peer: "supervisord", factor: 1.2 },
    moreIsBetter: true,
  },
  linesCpu: { title: "the same: CPU of the supervisor, s", digits: 2 },
  copy: {
    title:
      "1 GiB in blocks to a rotated file and to the container's output (supervisord: two programs, one to each), until the last byte has arrived, MB/s",
    budget: { peer: "supervisord", factor: 1 },
    moreIsBetter: true,
  },
  copyCpu: { title: "the same: CPU of the supervisor, s", digits: 2 },
  copyWhole: {
    title: "the same: lines that arrive whole and in order, %",
    budget: { value: 100 },
    moreIsBetter: true,
    digits: 3,
  },
  copyTorn: { title: "the same: torn lines", budget: { value: 0 } },
  burst: {
    title:
      "burst of 40 MB to a file (5 × 10 MB are kept) and into Docker's json-file log: time that the writer is held ÷ that of the same burst to a file alone",
    budget: { value: 2 },
    digits: 2,
  },
  burstHeld: { title: "the same: time that the writer is held, ms" },
  burstWhole: {
    title: "the same: lines that arrive in `docker logs` whole and in order, %",
    budget: { value: 100 },
    moreIsBetter: true,
    digits: 3,
  },
  docker: {
    title:
      "writes of one line to the container's output alone, until Docker's json-file log has the last, MB/s",
    budget: { peer: "tini", factor: 0.95 },
    moreIsBetter: true,
    digits: 1,
  },
  whole: {
    title: "the same: lines that arrive in `docker logs` whole and in order, %",
    budget: { value: 100 },
    moreIsBetter: true,
    digits: 3,
  },
  orphans: { title: "10,000 orphans: the last one reaped after, ms", budget: { value: 1000 } },
  status: { title: "`status` of 10 programs, whole process, ms", budget: { value: 50 } },
  statusFlood: { title: "the same, while all 10 flood their log files, ms", budget: { value: 100 } },
  statusCopy: {
    title: "the same, while all 10 flood their log files and the container's output, ms",
    budget: { value: 100 },
  },
  tail: {
    title: "the end of a log: `ai-dock logs -n 10`, `supervisorctl tail`, whole process, ms",
    budget: { peer: "supervisord", factor: 1 },
  },
} as const satisfies Record<string, Row>;

export type RowName = keyof typeof rows;
