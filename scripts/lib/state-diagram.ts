/** The transitions of a state table as a Mermaid diagram, in the order of the table; `first` is where everything begins. */
export function stateDiagram(table: Record<string, Partial<Record<string, string>>>, first: string): string {
  const arrows = Object.entries(table).flatMap(([from, row]) =>
    Object.entries(row).map(([event, to]) => `  ${from} --> ${to}: ${event}`),
  );
  return ["```mermaid", "stateDiagram-v2", `  [*] --> ${first}`, ...arrows, "```"].join("\n");
}
