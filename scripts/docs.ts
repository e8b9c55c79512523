#!/usr/bin/env bun
// Writes what is generated: the table of variables and .env.example from src/env/schema.ts, the reference of commands
// from their definitions, the diagram of states, the tables of metrics, the operations of the API and the JSON Schema of manifests from their
// tables and types. test/docs/generated.test.ts fails when a file is stale.
import { commands } from "../src/cli/index.ts";
import { catalogue } from "../src/metrics/catalogue.ts";
import { descriptions } from "../src/portal/api/document/descriptions.ts";
import { shownState, type State, table } from "../src/supervisor/machine.ts";
import { environmentExample, environmentTable } from "./lib/environment-docs.ts";
import { operationTable } from "./lib/api-docs.ts";
import { commandReference, scriptCommandReference } from "./lib/command-docs.ts";
import { withBlock } from "./lib/generated-block.ts";
import { manifestJsonSchema } from "./lib/manifest-schema.ts";
import { metricTables } from "./lib/metric-docs.ts";
import { stateDiagram } from "./lib/state-diagram.ts";

const shown = (state: string) => shownState(state as State);

/** The content of every generated file, by its path. */
export async function generatedFiles(): Promise<Record<string, string>> {
  const page = async (path: string, block: string, content: string) => ({
    [path]: withBlock(await Bun.file(path).text(), block, content),
  });
  return {
    ".env.example": environmentExample(),
    ...(await page("docs/environment.md", "environment", environmentTable())),
    ...(await page("docs/architecture.md", "states", stateDiagram({ table, first: "STOPPED", shown }))),
    ...(await page("docs/portal.md", "api", operationTable(descriptions))),
    ...(await page("docs/metrics.md", "metrics", metricTables(catalogue))),
    "docs/provisioning.schema.json": manifestJsonSchema(),
    "docs/commands.md": withBlock(
      withBlock(
        await Bun.file("docs/commands.md").text(),
        "script commands",
        await scriptCommandReference(commands),
      ),
      "commands",
      await commandReference(commands),
    ),
  };
}

if (import.meta.main)
  for (const [path, content] of Object.entries(await generatedFiles())) await Bun.write(path, content);
