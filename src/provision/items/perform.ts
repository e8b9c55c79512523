import type { Item, Kind } from "../graph/item.ts";
import type { Success } from "../graph/outcome.ts";
import { performApt, planApt } from "./apt.ts";
import { performCommand, planCommand } from "./command.ts";
import { performConda, planConda } from "./conda.ts";
import type { ItemContext, Perform, Plan, Planner } from "./context.ts";
import { performDownload, planDownload } from "./download/perform.ts";
import { performExtension, planExtension } from "./extension.ts";
import { performFile, planFile } from "./file.ts";
import { performGit, planGit } from "./git/perform.ts";
import { performPip, planPip } from "./python/pip.ts";
import { performService, planService } from "./service.ts";

const kinds: { [Of in Kind]: { perform: Perform<Of>; plan: Planner<Of> } } = {
  apt: { perform: performApt, plan: planApt },
  command: { perform: performCommand, plan: planCommand },
  conda: { perform: performConda, plan: planConda },
  download: { perform: performDownload, plan: planDownload },
  extension: { perform: performExtension, plan: planExtension },
  file: { perform: performFile, plan: planFile },
  git: { perform: performGit, plan: planGit },
  pip: { perform: performPip, plan: planPip },
  service: { perform: performService, plan: planService },
};

/** Does the work of an item. Throws an error whose message is for users. */
export async function perform(item: Item, context: ItemContext): Promise<Success> {
  return (kinds[item.kind].perform as Perform<Kind>)(item, context);
}

/** What the work of an item would be; changes nothing. Throws an error whose message is for users. */
export async function plan(item: Item, context: ItemContext): Promise<Plan> {
  return (kinds[item.kind].plan as Planner<Kind>)(item, context);
}
