import { describe, expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { GROUP_KEYS, PROGRAM_KEYS } from "../../src/dropins/known-keys.ts";
import { ExitCode } from "../../src/errors.ts";
import { Page, ROOT } from "./_page.ts";

/** What stands between backquotes in one column of all tables of a section, up to the next heading of any rank. */
function column(page: Page, heading: string, index: number): string[] {
  const section = page.prose.split(/^(?=#+ )/m).find((text) => text.startsWith(`${heading}\n`));
  if (section === undefined) throw new Error(`${page.path} has no section "${heading}"`);
  const cells = section
    .split("\n")
    .flatMap((line) => (line.startsWith("| ") ? [line.split(" | ")[index] ?? ""] : []));
  return cells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, code]) => code ?? ""));
}

const programs = new Page("docs/programs.md");
const architecture = new Page("docs/architecture.md");

describe("tables of the docs are complete", () => {
  test("keys of programs and groups", () => {
    expect(column(programs, "## Keys of [program:NAME]", 0).toSorted()).toEqual([...PROGRAM_KEYS].toSorted());
    expect(column(programs, "## Keys of [group:NAME]", 0).toSorted()).toEqual([...GROUP_KEYS].toSorted());
  });

  test("exit codes", () => {
    const section = new Page("docs/commands.md").prose.split("## Exit codes")[1] ?? "";
    const codes = [...section.matchAll(/^\| (\d+) \|/gm)].map(([, code]) => Number(code));
    expect(codes).toEqual(Object.values(ExitCode));
  });

  test("packages that the executable holds", async () => {
    const { dependencies } = await Bun.file(join(ROOT, "package.json")).json();
    const named = column(architecture, "## Packages", 0);
    expect(named.toSorted()).toEqual(Object.keys(dependencies as object).toSorted());
  });

  test("rooms of src, and of its features", () => {
    const names = (folder: string) =>
      readdirSync(join(ROOT, folder), { withFileTypes: true }).map((entry) =>
        entry.isDirectory() ? `${entry.name}/` : entry.name,
      );
    expect(column(architecture, "## Rooms and ranks", 1).toSorted()).toEqual(names("src").toSorted());
    const rooms = names("src/features").filter((name) => name.endsWith("/"));
    expect(
      column(architecture, "### Features", 0)
        .filter((name) => name.endsWith("/"))
        .toSorted(),
    ).toEqual(rooms.toSorted());
  });
});
