import { commandCases } from "./commands.ts";
import { environmentCases } from "./environment.ts";
import { expansionCases } from "./expansions.ts";
import { groupCases } from "./groups.ts";
import { logCases } from "./logs.ts";
import { nameCases } from "./names.ts";
import { syntaxCases } from "./syntax.ts";
import { valueCases } from "./values.ts";

/** The whole table. */
export const cases = [
  ...syntaxCases,
  ...valueCases,
  ...nameCases,
  ...commandCases,
  ...environmentCases,
  ...expansionCases,
  ...logCases,
  ...groupCases,
];
