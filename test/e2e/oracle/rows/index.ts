import type { Row } from "../row.ts";
import { groups } from "./groups.ts";
import { failures, lifecycle } from "./lifecycle.ts";
import { logs } from "./logs.ts";
import { refusals } from "./refusals.ts";
import { stopping } from "./stopping.ts";
import { surroundings } from "./surroundings.ts";

export const rows: Row[] = [
  ...lifecycle,
  ...failures,
  ...surroundings,
  ...groups,
  ...stopping,
  ...logs,
  ...refusals,
];
