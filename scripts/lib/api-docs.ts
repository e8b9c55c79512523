import type { Route } from "../../src/portal/api/route.ts";

/** The operations of the API as a table of Markdown. */
export function operationTable(routes: Record<string, Route>): string {
  const rows = Object.entries(routes).map(([name, { summary, events }]) => {
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
