import type { Measure } from "../measure.ts";
import { boot, stop } from "./boot.ts";
import { burst } from "./burst.ts";
import { floodedStatuses, statuses, tails } from "./commands.ts";
import { copy } from "./copy.ts";
import { dockerLogs } from "./docker-logs.ts";
import { blocks, lines } from "./files.ts";
import { idle } from "./idle.ts";
import { one, thousandDynamic, thousandStatic } from "./scale.ts";
import { crash, orphans, sshd } from "./single.ts";

/** Everything that is measured, in the order of a round. */
export const measures: Measure[] = [
  boot,
  stop,
  one,
  thousandStatic,
  thousandDynamic,
  idle,
  sshd,
  crash,
  orphans,
  blocks,
  lines,
  copy,
  burst,
  dockerLogs,
  statuses,
  floodedStatuses,
  tails,
];
