import { createRequire } from "node:module";
import type { AxeResults } from "axe-core";
import type { Page } from "playwright-core";

const source = await Bun.file(createRequire(import.meta.url).resolve("axe-core/axe.min.js")).text();

/** What axe-core finds wrong with a page, one line each. */
export async function violations(page: Page): Promise<string[]> {
  // Not as a script of the page, which its policy would not let in.
  await page.evaluate(source);
  const results = await page.evaluate<AxeResults>("axe.run()");
  return results.violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id}: ${target.join(" ")} ${failureSummary}`),
  );
}
