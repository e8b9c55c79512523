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
    title: "container start → ssh banner, host keys there, ms",
    budget: { peer: "tini", factor: 1.2 },
  },
  firstBoot: { title: "the same, first boot without host keys, ms", budget: { peer: "tini", factor: 1 } },
  stop: { title: "`docker stop`, ms", budget: { peer: "tini", factor: 1.2 } },
  stop100: { title: "`docker stop`, 100 programs, ms", budget: { peer: "s6", factor: 1 } },
  crash: { title: "crash → running again, ms", budget: { value: 10 }, digits: 1 },
  start1000: { title: "1,000 programs: all running, ms", budget: { value: 1000 } },
  stop1000: { title: "1,000 programs: all stopped, ms", budget: { value: 500 } },
  pss1: { title: "Pss, 1 program, MB", budget: { value: 40 }, digits: 1 },
  pss1000: { title: "Pss, 1,000 programs, MB", budget: { value: 50 }, digits: 1 },
  dirty1: { title: "private dirty memory, 1 program, MB", budget: { value: 10 }, digits: 1 },
  dirty1000: { title: "private dirty memory, 1,000 programs, MB", budget: { value: 17 }, digits: 1 },
  cpu: { title: "idle for 30 s: processor time, ms", budget: { value: 2 } },
  switches: { title: "idle for 30 s: context switches", budget: { value: 30 } },
  blocks: {
    title: "1 GiB in blocks to a rotated file, MB/s",
    budget: { peer: "supervisord", factor: 1 },
    moreIsBetter: true,
  },
  blocksCpu: { title: "the same: processor seconds", budget: { peer: "supervisord", factor: 1 }, digits: 2 },
  lines: { title: "one write a line to a rotated file, MB/s", budget: { value: 134 }, moreIsBetter: true },
  docker: { title: "lines to `docker logs`, MB/s", budget: { value: 45 }, moreIsBetter: true },
  whole: {
    title: "the same: lines that arrive whole, %",
    budget: { value: 100 },
    moreIsBetter: true,
    digits: 3,
  },
  orphans: { title: "10,000 orphans: the last one reaped after, ms", budget: { value: 1000 } },
  status: { title: "`status`, whole process, ms", budget: { value: 50 } },
  statusFlood: { title: "the same, while 10 programs flood their logs, ms", budget: { value: 100 } },
} as const satisfies Record<string, Row>;

export type RowName = keyof typeof rows;
