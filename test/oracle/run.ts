import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type Loaded, loadPrograms } from "../../src/dropins/load.ts";
import type { Case } from "./case.ts";
import type { Answer } from "./view.ts";

const MAIN = "[supervisord]\n[include]\nfiles = conf.d/*.conf\n";
/** Shows in every case that what is left out is only what is wrong. */
export const NEIGHBOUR = "neighbour";
const ENV = { PATH: "/usr/bin:/bin", HOME: "/root", COUNT: "2", WHERE: "/srv", PERCENT: "5%" };

export interface Readings {
  supervisord: Answer;
  ours: Loaded;
}

/** Lets supervisord's own parser and ours read every case, each from a folder of its own. */
export async function readAll(cases: readonly Case[]): Promise<Readings[]> {
  const folder = mkdtempSync(join(tmpdir(), "oracle-"));
  try {
    const setUp = cases.map(({ files, env }, index) => {
      const root = join(folder, String(index));
      write(join(root, "supervisord.conf"), MAIN);
      write(join(root, "conf.d/99-neighbour.conf"), `[program:${NEIGHBOUR}]\ncommand=/bin/true\n`);
      const named = typeof files === "string" ? { "10-case.conf": files } : files;
      for (const [name, text] of Object.entries(named)) write(join(root, "conf.d", name), text);
      return { root, env: { ...ENV, ...env } };
    });
    const answers = await askSupervisord(
      setUp.map(({ root, env }) => ({ file: join(root, "supervisord.conf"), env })),
    );
    return setUp.map(({ root, env }, index) => ({
      supervisord: answers[index]!,
      ours: loadPrograms({ patterns: [join(root, "conf.d/*.conf")], env }),
    }));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

async function askSupervisord(cases: { file: string; env: Record<string, string> }[]): Promise<Answer[]> {
  await using python = Bun.spawn(["/usr/bin/python3", join(import.meta.dir, "supervisord.py")], {
    stdin: new Blob([JSON.stringify(cases)]),
    stdout: "pipe",
    stderr: "pipe",
  });
  const [stdout, stderr, code] = await Promise.all([
    python.stdout.text(),
    python.stderr.text(),
    python.exited,
  ]);
  if (code === 0) return JSON.parse(stdout) as Answer[];
  throw new Error(`the oracle failed; is Debian's package supervisor installed?\n${stderr}`);
}
