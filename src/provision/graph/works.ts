import { splitEntries } from "../manifest/entries.ts";
import { defaultDirectory } from "../manifest/lists.ts";
import type { Manifest } from "../manifest/schema.ts";
import type { Work } from "./item.ts";

/** When in a run a piece of work has its place; see order.ts. */
export type Phase = "early" | "middle" | "late" | "last";

/** What every entry of a manifest may say. */
export interface Common {
  id?: string | undefined;
  needs?: string[] | undefined;
  optional?: boolean | undefined;
  when?: string[] | string | undefined;
}

/** An entry of a manifest as work, with where in the manifest it is. */
export interface Entry {
  work: Work;
  common: Common;
  phase: Phase;
  /** What stands in the manifest, for messages: see originOf(). */
  given: object;
  /** For messages where that has no origin: `downloads[2]`. */
  where: string;
}

const many = <Type>(value: Type | Type[] | undefined): Type[] => {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value];
};

export const asEntries = (value: string[] | string | undefined): string[] =>
  typeof value === "string" ? splitEntries(value) : (value ?? []);

/** All entries of a manifest, in the order of its keys. */
export function entriesOf(manifest: Manifest, env: Record<string, string | undefined>): Entry[] {
  const each = <Type extends Common>(
    key: string,
    list: Type | Type[] | undefined,
    phase: Phase,
    work: (spec: Type) => Work,
  ) =>
    many(list).map((spec, index): Entry => ({
      work: work(spec),
      common: spec,
      phase,
      given: spec,
      where: `${key}[${index}]`,
    }));
  return [
    ...each("write_files", manifest.write_files, "early", (spec) => ({ kind: "file", spec })),
    ...aptEntries(manifest),
    ...each("git_repos", manifest.git_repos, "middle", (spec) => ({
      kind: "git",
      spec: { ...spec, dest: spec.dest ?? defaultDirectory(spec.url, env) },
    })),
    ...each("conda_packages", manifest.conda_packages, "middle", (spec) => ({ kind: "conda", spec })),
    ...each("pip_packages", manifest.pip_packages, "middle", (spec) => ({ kind: "pip", spec })),
    ...each("downloads", manifest.downloads, "middle", (spec) => ({ kind: "download", spec })),
    ...conditionalEntries(manifest),
    ...each("services", manifest.services, "late", (spec) => ({ kind: "service", spec })),
    ...each("write_files_late", manifest.write_files_late, "late", (spec) => ({ kind: "file", spec })),
    ...commandEntries(manifest),
    ...each(
      "extensions",
      manifest.extensions?.filter(({ enabled }) => enabled),
      "early",
      (spec) => ({
        kind: "extension",
        spec,
      }),
    ),
  ];
}

/** Packages without a name of their own are one transaction; others are one each. */
function aptEntries({ apt_packages: given }: Manifest): Entry[] {
  const list = typeof given === "string" ? splitEntries(given) : (given ?? []);
  const plain = list.filter((item) => typeof item === "string");
  const own = list.filter((item) => typeof item !== "string");
  const entry = (packages: string[], common: Common, where: string): Entry => ({
    work: { kind: "apt", spec: { packages } },
    common,
    phase: "middle",
    given: common,
    where,
  });
  return [
    ...(plain.length === 0 ? [] : [entry(plain, {}, "apt_packages")]),
    ...own.map((item) => entry(asEntries(item.packages), item, `apt_packages[${list.indexOf(item)}]`)),
  ];
}

/** Both sides of a condition are items; the one whose condition does not hold is left out. */
function conditionalEntries({ conditional_downloads: conditions }: Manifest): Entry[] {
  return (conditions ?? []).flatMap(({ when, downloads, else_downloads: others }, index) => {
    const all = asEntries(when);
    // The opposite of several conditions is not several opposites: one text stands for all of them.
    const otherwise = [`!${all.join("&")}`];
    const side = (key: string, list: typeof downloads, needed: string[]): Entry[] =>
      (list ?? []).map((spec, at) => ({
        work: { kind: "download", spec },
        common: { ...spec, when: [...needed, ...asEntries(spec.when)] },
        phase: "middle",
        given: spec,
        where: `conditional_downloads[${index}].${key}[${at}]`,
      }));
    return [...side("downloads", downloads, all), ...side("else_downloads", others, otherwise)];
  });
}

function commandEntries({ post_commands: commands }: Manifest): Entry[] {
  return (commands ?? []).map((given, index): Entry => {
    const spec = typeof given === "string" ? { command: given } : given;
    return {
      work: {
        kind: "command",
        spec: {
          command: spec.command,
          ...("cwd" in spec && spec.cwd !== undefined ? { cwd: spec.cwd } : {}),
        },
      },
      common: typeof given === "string" ? {} : given,
      phase: "last",
      given: typeof given === "string" ? {} : given,
      where: `post_commands[${index}]`,
    };
  });
}
