import { z } from "zod";
import { bytesOf } from "./bytes.ts";

/** Every `error` is what was expected there; problems.ts makes the sentence. */
const text = (expected = "a text") => z.string({ error: expected });
const absolute = (expected = "an absolute path") =>
  z.string({ error: expected }).regex(/^\//, { error: expected });
const flag = z.boolean({ error: "true or false" });
const count = (least: number, most: number) => {
  const expected = `a number from ${least} to ${most}`;
  return z.int({ error: expected }).min(least, { error: expected }).max(most, { error: expected });
};
const texts = (expected: string) => z.array(z.string({ error: "a text" }), { error: expected });
/** A list, or its entries in one text as variables hold them. */
const entries = (expected: string) => z.union([z.array(z.string()), z.string()], { error: expected });
const oneOrMany = <Type extends z.ZodType>(type: Type, expected: string) =>
  z.union([z.array(type), type], { error: `${expected}, or a list of these` });
/** A mapping of known keys; `expected` is told where there is something else, most often a text. */
const mapping = <Shape extends z.core.$ZodLooseShape>(shape: Shape, expected: string) =>
  z.strictObject(shape, { error: expected });

const id = z
  .string({ error: "a name" })
  .regex(/^[A-Za-z0-9][\w.+-]*$/, { error: "a name of letters, digits and . _ + -" });

/** What every item may have. */
const common = {
  id: id.optional().describe("Name of the item, for `needs` and `depends_on=provisioning:NAME`"),
  needs: texts("a list of items").optional().describe("Items that have to be done first"),
  optional: flag.optional().describe("A failure does not fail the provisioning"),
  when: entries("conditions such as hf_token_valid, mounted, env:NAME")
    .optional()
    .describe(
      "Conditions that all have to hold: hf_token_valid, civitai_token_valid, mounted, gpu, serverless, env:NAME, env:NAME=VALUE; `!` turns one round",
    ),
};

const BYTES = "a number of bytes, or one such as 6.5 GB";
const size = z
  .union(
    [
      z.int({ error: BYTES }).min(0, { error: BYTES }),
      z.string().refine((given) => bytesOf(given) !== undefined, { error: BYTES }),
    ],
    { error: BYTES },
  )
  .describe("Size the file must have");

const sha256 = text("64 hexadecimal digits")
  .regex(/^[\da-f]{64}$/i, { error: "64 hexadecimal digits" })
  .describe("Checksum the file must have");

const SOURCE = "an http(s) URL, hf:, civitai:, rclone: or s3:";

const download = mapping(
  {
    ...common,
    url: text(SOURCE)
      .regex(/^\s*(?:https?|hf|civitai|rclone|s3):/i, { error: SOURCE })
      .describe("http(s) URL, hf:OWNER/REPO/PATH, civitai:VERSION, rclone:REMOTE:PATH or s3://BUCKET/KEY"),
    dest: absolute("an absolute path; with / at its end the server names the file").optional(),
    sha256: sha256.optional(),
    size: size.optional(),
  },
  "a mapping with url, and dest where it goes",
);

const file = mapping(
  {
    ...common,
    path: absolute(),
    content: text().default(""),
    permissions: text('an octal mode in quotes such as "0644"')
      .regex(/^0?[0-7]{3,4}$/, { error: 'an octal mode in quotes such as "0644"' })
      .default("0644"),
    owner: text("a user, or user:group").optional(),
  },
  "a mapping with path and content",
);

const PACKAGES = "a mapping such as {packages: [NAME]}";

const pip = mapping(
  {
    ...common,
    tool: z.enum(["uv", "pip"], { error: "uv or pip" }).optional(),
    packages: entries("a list of packages").optional(),
    args: text("further arguments in one text").optional(),
    requirements: entries("a list of files").optional(),
    venv: text("a path, a name or system").optional(),
    python: text('a version in quotes such as "3.11"').optional(),
    constraints: text("installed, or the path of a file")
      .optional()
      .describe("`installed` keeps the versions that are there; or a file of constraints"),
  },
  PACKAGES,
);

const conda = mapping(
  {
    ...common,
    packages: entries("a list of packages").optional(),
    channels: entries("a list of channels").optional(),
    args: text("further arguments in one text").optional(),
    env: text("a path or a name").optional(),
    python: text('a version in quotes such as "3.11"').optional(),
  },
  PACKAGES,
);

const repository = mapping(
  {
    ...common,
    url: text("a URL of git").min(1, { error: "a URL of git" }),
    dest: absolute().optional(),
    ref: text("a branch, tag or commit").optional(),
    recursive: flag.default(true),
    pull_if_exists: flag.default(false),
    post_commands: texts("a list of commands").optional(),
  },
  "a mapping with url, and dest where it goes",
);

const service = mapping(
  {
    ...common,
    name: id,
    portal_search_term: text().optional(),
    skip_on_serverless: flag.default(true),
    venv: text("a path or a name").optional(),
    workdir: absolute().optional(),
    command: text("a command").min(1, { error: "a command" }),
    pre_commands: texts("a list of commands").optional(),
    wait_for_provisioning: flag.default(true),
    environment: z
      .record(z.string(), text("a text (numbers in quotes)"), { error: "names with texts" })
      .optional(),
  },
  "a mapping with name and command",
);

const command = z.union(
  [z.string(), z.strictObject({ ...common, command: text("a command"), cwd: absolute().optional() })],
  { error: "a command, or a mapping with command" },
);

const extension = z.strictObject({
  ...common,
  module: text("the name of a module"),
  config: z.record(z.string(), z.unknown()).optional(),
  enabled: flag.default(true),
});

const conditional = z.strictObject({
  when: common.when.unwrap(),
  downloads: z.array(download, { error: "a list of downloads" }).optional(),
  else_downloads: z.array(download, { error: "a list of downloads" }).optional(),
});

const aptPackages = z.union(
  [
    z.array(z.union([z.string(), z.strictObject({ ...common, packages: entries("a list of packages") })])),
    z.string(),
  ],
  { error: "a list of packages" },
);

const settings = z.strictObject({
  workspace: absolute().optional(),
  venv: text("a path or a name").optional(),
  conda_env: text("a path or a name").optional(),
  log_file: absolute().optional(),
  concurrency: z
    .strictObject({
      hf_downloads: count(1, 64).optional(),
      wget_downloads: count(1, 64).optional(),
      downloads: count(1, 64).optional().describe("Files at once (4)"),
      connections: count(1, 64).optional().describe("Connections for one file (16)"),
      git: count(1, 64).optional().describe("Repositories at once (4)"),
    })
    .optional(),
  retry: z
    .strictObject({
      max_attempts: count(1, 100).optional(),
      initial_delay: count(0, 3600).optional(),
      backoff_multiplier: count(1, 10).optional(),
    })
    .optional(),
});

const provider = z.strictObject({ token_env: text("the name of a variable").optional() });

const onFailure = z.strictObject({
  action: z
    .enum(["continue", "retry", "stop", "destroy"], { error: "continue, retry, stop or destroy" })
    .optional(),
  max_retries: count(0, 100).optional(),
  retry_delay: count(0, 86_400).optional(),
  webhook: text("an http(s) URL").optional(),
  webhook_on_success: flag.optional(),
});

const list = <Type extends z.ZodType>(type: Type, expected: string) =>
  z.array(type, { error: expected }).optional();

/** A manifest: version 1 of vast.ai's schema, and what we add. */
export const manifestSchema = z.strictObject({
  version: z.literal(1, { error: "1" }),
  settings: settings.optional(),
  auth: z.strictObject({ huggingface: provider.optional(), civitai: provider.optional() }).optional(),
  on_failure: onFailure.optional(),
  write_files: list(file, "a list of files"),
  write_files_late: list(file, "a list of files"),
  apt_packages: aptPackages.optional(),
  extensions: list(extension, "a list of extensions"),
  pip_packages: oneOrMany(pip, PACKAGES).optional(),
  conda_packages: oneOrMany(conda, PACKAGES).optional(),
  git_repos: list(repository, "a list of repositories"),
  downloads: list(download, "a list of downloads"),
  conditional_downloads: list(conditional, "a list of conditions with downloads"),
  env_merge: z
    .record(z.string(), z.literal("downloads", { error: "downloads" }), { error: "names of variables" })
    .optional(),
  services: list(service, "a list of services"),
  post_commands: list(command, "a list of commands"),
});

export type Manifest = z.output<typeof manifestSchema>;
export type DownloadSpec = z.output<typeof download>;
export type FileSpec = z.output<typeof file>;
export type PipSpec = z.output<typeof pip>;
export type CondaSpec = z.output<typeof conda>;
export type RepositorySpec = z.output<typeof repository>;
export type ServiceSpec = z.output<typeof service>;
export type ExtensionSpec = z.output<typeof extension>;
