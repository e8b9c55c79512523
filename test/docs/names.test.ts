import { describe, expect, test } from "bun:test";
import type { ArgsDef } from "citty";
import { commands } from "../../src/cli/index.ts";
import { schema } from "../../src/env/schema.ts";
import { Page, pages, ROOT } from "./_page.ts";

/** Those of images, of programs, of other tools, and of examples; and values that look like variables. */
const otherVariables = new Set(
  `CUDA_VISIBLE_DEVICES HIP_VISIBLE_DEVICES WORKSPACE_MOUNTED WORKSPACE_PERMISSIONS AUTO_UPDATE NAME_ARGS NAME_FLAGS NAME_PORT_HOST WORKSPACE_UID WORKSPACE_GID RCLONE_MOUNT_COUNT AI_DOCK_PATH AI_DOCK_STOP_REASON AI_DOCK_STOP_SECONDS
  CONTAINER_ID CONTAINER_API_KEY RUNPOD_POD_ID RUNPOD_API_KEY
  SUPERVISOR_ENABLED SUPERVISOR_SERVER_URL SUPERVISOR_PROCESS_NAME SUPERVISOR_GROUP_NAME SOURCE_DATE_EPOCH
  XPU_TARGET CUDA_VERSION CUDA_LEVEL CUDNN_VERSION ROCM_VERSION ROCM_LEVEL APT_INSTALL PIP_INSTALL MAMBA_CREATE
  MAMBA_INSTALL MAMBA_ROOT_PREFIX MAMBA_EXE MAMBA_BASE_ENV MAMBA_BASE_RUN MAMBA_DEFAULT_ENV MAMBA_BASE_PYTHON_VERSION
  VENV_DIR SERVICEPORTAL_VENV SERVICEPORTAL_VENV_PYTHON SERVICEPORTAL_VENV_PIP OPT_SYNC IMAGE_SLUG USER_NAME AI_DOCK_FLAVOUR
  NAME_VENV NAME_VENV_PYTHON NAME_VENV_PIP HTTP_PROXY HTTPS_PROXY ALL_PROXY NO_PROXY SSL_CERT_FILE NODE_EXTRA_CA_CERTS NO_TLS_VERIFY
  EXTRA_VAR AI_DOCK_TEST_IMAGE AI_DOCK_TEST_DOWNLOADS BUN_BE_BUN BUN_OPTIONS BUN_INSPECT POSIXLY_CORRECT SHELLOPTS
  OMP_NUM_THREADS MKL_NUM_THREADS OPENBLAS_NUM_THREADS GOTO_NUM_THREADS NUMEXPR_NUM_THREADS NUMEXPR_MAX_THREADS RAYON_NUM_THREADS
  TOKIO_WORKER_THREADS NVIDIA_DRIVER_CAPABILITIES NVIDIA_VISIBLE_DEVICES CUDA_DEVICE_ORDER PCI_BUS_ID
  SYS_ADMIN SYS_PTRACE NVIDIA_GPU AMD_GPU CANT_REREAD`
    .split(/\s+/)
    .filter((name) => name !== ""),
);

/** What cloudflared, rclone and S3 read is their business; tokens of git's hosts and other names of the hubs' are in no setting. */
const ofTools =
  /^(?:TUNNEL|RCLONE|AWS)_|^GIT(?:HUB|LAB)_TOKEN$|^(?:HF|CIVITAI)_ENDPOINT$|^HF_(?:HOME|HUB_CACHE)$|^HUGGING_FACE_HUB_TOKEN$|^CIVITAI_API_KEY$/;

/** What other base images read, and the page that says what stands for it here. */
const ofOtherBases = new Set(["ENABLE_AUTH", "BOOT_SCRIPT", "HOTFIX_SCRIPT", "JUPYTER_PASSWORD"]);
const MIGRATION = "docs/migration.md";

const composeVariables = [...(await Bun.file("compose.yaml").text()).matchAll(/\$\{([A-Z0-9_]+)/g)].map(
  ([, name]) => name ?? "",
);
const known = new Set([...Object.keys(schema), ...composeVariables, ...otherVariables]);

function isKnown(name: string): boolean {
  return known.has(name) || known.has(name.replace(/_FILE$/, "")) || ofTools.test(name);
}

/** Variables as they stand in code: with an underscore, and nothing else of a word around them. */
function variablesIn(code: string): string[] {
  return code.match(/(?<![\w%/.(-])[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+(?![\w*…-])/g) ?? [];
}

/** The code of a page that a reader may type. */
function codeOf(page: Page): string[] {
  const blocks = page.blocks
    .filter(({ language }) => language === "sh")
    .flatMap(({ text }) => text.split("\n"));
  return [...page.inlineCode, ...blocks.map((line) => line.replace(/(?:^| )#.*/, ""))];
}

test("a variable is told from other words", () => {
  expect(variablesIn("docker run -e SSH_PUBKEY=a %(ENV_NAME)s RCLONE_RC* SIGTERM")).toEqual(["SSH_PUBKEY"]);
});

describe("every variable that a page names exists", () => {
  test.each(pages)("%s", (path) => {
    const named = codeOf(new Page(path)).flatMap(variablesIn);
    const unknown = named.filter((name) => !isKnown(name));
    expect(unknown.filter((name) => path !== MIGRATION || !ofOtherBases.has(name))).toEqual([]);
  });
});

/** The flags of each command, with dashes; undefined for those that take any word. */
const flagsOf = new Map<string, Set<string> | undefined>();
for (const [name, load] of Object.entries(commands)) {
  const command = (await load()).default;
  const flags = new Set(["--help", "-h"]);
  for (const [long, argument] of Object.entries((command.definition.args ?? {}) as ArgsDef)) {
    if (argument.type === "positional") continue;
    flags.add(`--${long}`).add(`--no-${long}`);
    for (const alias of "alias" in argument ? [argument.alias ?? []].flat() : []) flags.add(`-${alias}`);
  }
  flagsOf.set(name, command.raw === undefined ? flags : undefined);
}

/** What is wrong with the calls of ai-dock in a line of code. */
function wrongCalls(code: string): string[] {
  const calls = code.matchAll(/(?<![\w./"-])ai-dock +((?:[^|;&<>()`#]|<\()+)/g);
  return [...calls].flatMap(([call, rest]) => {
    const [command = "", ...words] = rest!.trim().split(/\s+/);
    // A name of something else: a container, a secret, prose.
    if (!/^(?:--)?[a-z][a-z-]*$/.test(command)) return [];
    if (command.startsWith("--")) return ["--version", "--help"].includes(command) ? [] : [call];
    if (!flagsOf.has(command)) return [call];
    const flags = flagsOf.get(command);
    const end = words.indexOf("--");
    const own = end === -1 ? words : words.slice(0, end);
    const unknown = own.filter((word) => /^--?[a-zA-Z]/.test(word) && !flags?.has(word.replace(/=.*/, "")));
    return flags === undefined || unknown.length === 0 ? [] : [call];
  });
}

test("a command or flag that is not there is seen", () => {
  expect(wrongCalls("ai-dock status --json | jq; ai-dock shell -- x --any; ai-dock logs -f")).toEqual([]);
  expect(wrongCalls("ai-dock stauts")).toHaveLength(1);
  expect(wrongCalls("ai-dock status --jsn")).toHaveLength(1);
  expect(wrongCalls("docker exec C ai-dock health --live=1 && ai-dock logs -x")).toHaveLength(1);
});

describe("every command and flag that a page names exists", () => {
  test.each(pages)("%s", (path) => {
    expect(codeOf(new Page(path)).flatMap(wrongCalls)).toEqual([]);
  });
});

const files = ["*", "{src,scripts,test,docs,bench,.github}/**/*"].flatMap((pattern) => [
  ...new Bun.Glob(pattern).scanSync({ cwd: ROOT, dot: true }),
]);

describe("every file that a page for developers names exists", () => {
  test.each(["README.md", "CONTRIBUTING.md", "docs/architecture.md", "docs/benchmarks.md"])("%s", (path) => {
    const named = new Page(path).inlineCode.filter((code) =>
      /^[\w.-]+(?:\/[\w.-]+)*\.(?:ts|md|yml|yaml|hcl)$/.test(code),
    );
    const isThere = (name: string) => files.some((file) => file === name || file.endsWith(`/${name}`));
    expect(named.filter((name) => !isThere(name))).toEqual([]);
  });
});
