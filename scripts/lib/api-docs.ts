import type { Description } from "../../src/portal/api/document/description.ts";

/** The operations of the API as a table of Markdown. */
export function operationTable(descriptions: Record<string, Description>): string {
  const rows = Object.entries(descriptions).map(([name, { summary, events }]) => {
    const kind =
      events === undefined
        ? ""
        : `; events ${Object.keys(events)
            .map((event) => `\`${event}\``)
            .join(", ")}`;
    return `| \`${name}\` | ${summary}${kind} |`;
  });
  return ["| Operation | Does |", "| --- | --- |", ...rows].join("\n");
}
