export interface StateDiagramOptions {
  table: Record<string, Partial<Record<string, string>>>;
  /** The state in which everything begins. */
  first: string;
  /** What clients see of a state; states that share a name which is no state itself are drawn in a box of that name. */
  shown: (state: string) => string;
}

/** The transitions of a state table as a Mermaid diagram, in the order of the table. */
export function stateDiagram({ table, first, shown }: StateDiagramOptions): string {
  const boxOf = (state: string) => (Object.hasOwn(table, shown(state)) ? undefined : shown(state));
  const arrows = Object.entries(table).flatMap(([from, row]) =>
    Object.entries(row).map(([event, to = ""]) => ({ from, to, text: `${from} --> ${to}: ${event}` })),
  );
  const isInside = (box: string) => (arrow: (typeof arrows)[number]) =>
    boxOf(arrow.from) === box && boxOf(arrow.to) === box;
  const boxes = [...new Set(Object.keys(table).flatMap((state) => boxOf(state) ?? []))];
  const inBoxes = boxes.flatMap((box) => [
    `  state ${box} {`,
    ...arrows.filter(isInside(box)).map(({ text }) => `    ${text}`),
    "  }",
  ]);
  const others = arrows.filter((arrow) => !boxes.some((box) => isInside(box)(arrow)));
  return [
    "```mermaid",
    "stateDiagram-v2",
    `  [*] --> ${first}`,
    ...inBoxes,
    ...others.map(({ text }) => `  ${text}`),
    "```",
  ].join("\n");
}
