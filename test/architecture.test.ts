import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

const SRC = resolve(import.meta.dir, "../src");

/** Imports run downward only. Folders of one rank do not know each other. docs/architecture.md draws this table. */
const ranks: string[][] = [
  ["main.ts"],
  ["cli"],
  ["init"],
  ["features", "portal"],
  ["provision", "metrics"],
  ["control"],
  ["supervisor"],
  ["dropins", "logs"],
  ["programs", "sys", "env"],
  ["log.ts", "errors.ts", "lazy.ts"],
];

/** Which rooms of `features` use another one, and which. A new arrow is a decision: state the reason in the commit. */
const neighbours: Record<string, string[]> = {
  // Which scripts name the account, whose uids it must not get, and a workspace of root's that becomes its own.
  account: ["hooks", "web", "workspace"],
  // Whether the account may use the nodes of GPUs.
  gpus: ["account"],
  // The group that root and the account share.
  permissions: ["account"],
  // What counts as activity: logins, the front and uploads; who is asked to stop the container.
  idle: ["account", "platform", "remotes", "ssh", "web"],
  provisioning: ["account", "hooks", "shell"],
  remotes: ["workspace"],
  // What a hook exports is read as what an image stores; the account gets a file of its own.
  shell: ["account", "hooks", "tunnels", "web"],
  // Root's keys open the account, too.
  ssh: ["account"],
  // Who links, and whose a new storage is.
  storage: ["account"],
  // The account announces services; a tunnel leads to what asks for a login in front of one.
  tunnels: ["account", "web"],
};

const files = [...new Bun.Glob("**/*.{ts,tsx}").scanSync(SRC)].toSorted();
const texts = new Map(files.map((file) => [file, readFileSync(join(SRC, file), "utf8")]));
const imports = files.flatMap((from) =>
  [...(texts.get(from) ?? "").matchAll(/(?:\bfrom|\bimport\(|^import) ?"(\.[^"]+\.tsx?)"/gm)].map(
    ([, specifier = ""]) => ({ from, to: join(dirname(from), specifier) }),
  ),
);

const folderOf = (file: string) => file.split("/")[0] ?? file;
const rankOf = (file: string) => ranks.findIndex((names) => names.includes(folderOf(file)));
const named = ({ from, to }: { from: string; to: string }) => `${from} → ${to}`;

interface Loading {
  /** What `import()` loads counts, too. */
  lazily: boolean;
  /** Files whose `import()` counts in any case. */
  also?: RegExp;
}

/** The files and packages that are loaded with a file. */
function loaded(start: string, { lazily, also }: Loading): { seen: Set<string>; packages: Set<string> } {
  const statements = /^(?:import|export) (?!type )(?:[^"]*? from )?"([^"]+)"|\bimport\("([^"]+)"\)/gm;
  const [seen, packages] = [new Set([start]), new Set<string>()];
  for (const file of seen)
    for (const [, fixed, lazy] of (texts.get(file) ?? "").matchAll(statements)) {
      const specifier = fixed ?? (lazily || also?.test(file) ? lazy : undefined);
      if (specifier?.startsWith(".")) seen.add(join(dirname(file), specifier));
      else if (specifier !== undefined) packages.add(specifier);
    }
  return { seen, packages };
}

describe("architecture of src", () => {
  test("every file has a rank, and every import is found", () => {
    expect(files.filter((file) => rankOf(file) === -1)).toEqual([]);
    expect(imports.filter(({ to }) => !texts.has(to)).map(named)).toEqual([]);
    expect(imports.length).toBeGreaterThan(files.length);
  });

  test("imports run downward only", () => {
    const upward = imports.filter(({ from, to }) => {
      if (folderOf(from) === folderOf(to)) return false;
      return rankOf(to) <= rankOf(from);
    });
    expect(upward.map(named)).toEqual([]);
  });

  test("no file imports itself by way of others, lazy imports and types included", () => {
    const leads = Map.groupBy(imports, ({ from }) => from);
    const reachable = (start: string) => {
      const seen = new Set<string>();
      const visit = (file: string) => {
        for (const { to } of leads.get(file) ?? []) {
          if (seen.has(to)) continue;
          seen.add(to);
          visit(to);
        }
      };
      visit(start);
      return seen;
    };
    expect(files.filter((file) => reachable(file).has(file))).toEqual([]);
  });

  test("a feature uses no other one but those named", () => {
    const arrows = new Set<string>();
    for (const { from, to } of imports) {
      const [one, other] = [from.split("/"), to.split("/")];
      // What lies in features itself is the contract of all of them.
      if (one[0] !== "features" || other[0] !== "features" || one.length < 3 || other.length < 3) continue;
      if (one[1] !== other[1]) arrows.add(`${one[1]} → ${other[1]}`);
    }
    const allowed = Object.entries(neighbours).flatMap(([from, list]) => list.map((to) => `${from} → ${to}`));
    expect([...arrows].toSorted()).toEqual(allowed.toSorted());
  });

  test("cli knows features by the files that are made for it", () => {
    const fixed = new Set(["step.ts", "program.ts", "check.ts", "rows.ts"]);
    const used = imports
      .filter(({ from, to }) => folderOf(from) === "cli" && to.startsWith("features/"))
      .map(({ to }) => to.replace("features/", ""))
      .filter((to) => to !== "programs.ts" && !fixed.has(to.split("/").at(-1) ?? ""));
    // What scripts of images call has nothing else to do in its room.
    const ofImages = ["permissions/fix.ts", "shell/store.ts", "venv/sync.ts", "web/external.ts"];
    const more = [
      ...ofImages,
      "opt-sync/process.ts",
      "platform/platforms.ts",
      "platform/process.ts",
      "provisioning/rerun.ts",
      "provisioning/user.ts",
      "shell/completion.ts",
      "storage/process.ts",
      "tunnels/foreign.ts",
    ];
    expect([...new Set(used)].toSorted()).toEqual(more.toSorted());
  });

  test("the state table imports nothing", () => {
    expect(imports.filter(({ from }) => from === "supervisor/machine.ts")).toEqual([]);
  });

  test("neither the portal nor the front in PID 1 loads zod, which takes megabytes", () => {
    for (const start of ["portal/index.ts", "portal/logs/search-process.ts", "features/web/front.ts"]) {
      const { seen, packages } = loaded(start, { lazily: true });
      expect([start, packages.has("zod"), packages.has("ofetch")]).toEqual([start, false, false]);
      expect(seen.size).toBeGreaterThan(5);
    }
    expect(loaded("portal/api/document/descriptions.ts", { lazily: true }).packages).toContain("zod");
  });

  test("PID 1 loads the front when there is something to guard, and the portal never", () => {
    const { seen } = loaded("cli/commands/init.ts", { lazily: false, also: /^init\// });
    expect(seen).toContain("features/web/watch.ts");
    const { seen: front } = loaded("features/web/front.ts", { lazily: false });
    expect(front).toContain("control/portal/server.ts");
    // What the watch itself needs: names, paths, settings, and the reading of the registry.
    const ofFront = [...front].filter((file) =>
      /^(features\/web|control\/portal)\/.*(front|guard|caddy-config|caddy-routes|credentials|server|events|log-files|templates|tls-files)\.ts$/.test(
        file,
      ),
    );
    expect(ofFront.length).toBeGreaterThan(7);
    expect(ofFront.filter((file) => seen.has(file))).toEqual([]);
    const { seen: ever } = loaded("init/web.ts", { lazily: true });
    expect([...seen, ...ever].filter((file) => file.startsWith("portal/"))).toEqual([]);
  });

  test("PID 1 loads what runs before a stop with the first script, and a request to a cloud never", () => {
    const { seen } = loaded("init/index.ts", { lazily: false });
    expect(seen).toContain("init/prestop.ts");
    expect(seen).not.toContain("features/hooks/prestop.ts");
    const { seen: ever } = loaded("init/index.ts", { lazily: true });
    expect(ever).toContain("features/platform/stop.ts");
    expect([...ever].filter((file) => /^features\/platform\/(?:process|request|api-url)/.test(file))).toEqual(
      [],
    );
  });

  test("PID 1 loads the guard of idle containers only where a limit is set", () => {
    const { seen } = loaded("cli/commands/init.ts", { lazily: false });
    expect(seen).toContain("init/index.ts");
    expect([...seen].filter((file) => file.startsWith("features/idle/"))).toEqual([]);
    const { seen: guard, packages } = loaded("features/idle/start.ts", { lazily: false });
    expect(guard).toContain("features/idle/activity/uploads.ts");
    expect([...packages]).not.toContain("zod");
  });

  test("nothing that PID 1 loads by itself, nor the front, imports modules of Node that bring streams", () => {
    const heavy = /^node:(crypto|https?|net|stream|tls|child_process|zlib)/;
    for (const start of ["cli/commands/init.ts", "features/web/front.ts"]) {
      const { packages } = loaded(start, { lazily: false, also: /^init\// });
      expect([start, [...packages].filter((name) => heavy.test(name))]).toEqual([start, []]);
    }
  });

  test("only sys/libc.ts speaks to libc, and one file to NVIDIA's driver", () => {
    const users = files.filter((file) => (texts.get(file) ?? "").includes('"bun:ffi"'));
    expect(users).toEqual(["sys/gpus/nvml/library.ts", "sys/libc.ts"]);
  });

  test("who reads the environment of this process is known", () => {
    const users = files.filter((file) => /process\.env\b/.test(texts.get(file) ?? ""));
    // The others hand the environment as found to another program, or look at it before it is loaded.
    const others = ["env-store", "exec-foreground", "shell"].map((name) => `cli/commands/${name}.ts`);
    expect(users).toEqual(["cli/boot-environment.ts", ...others, "cli/invocation.ts", "env/load.ts"]);
  });

  test("no file is longer than 250 lines", () => {
    const long = files.filter((file) => (texts.get(file) ?? "").split("\n").length > 251);
    expect(long).toEqual([]);
  });
});
