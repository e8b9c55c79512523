import { print, style, type Style } from "./print.ts";

export interface Column<Row> {
  text: (row: Row) => string;
  style?: (row: Row) => Style;
}

/** A line for each row, in columns as wide as they need to be; the last one is not padded. */
export function printTable<Row>(rows: Row[], columns: Column<Row>[]): void {
  const widths = columns.map(({ text }) => Math.max(...rows.map((row) => text(row).length)));
  for (const row of rows) {
    const cells = columns.map((column, index) => {
      const last = index === columns.length - 1;
      const text = last ? column.text(row) : column.text(row).padEnd(widths[index] ?? 0);
      return column.style === undefined ? text : style(column.style(row), text);
    });
    print(cells.join("  ").trimEnd());
  }
}
