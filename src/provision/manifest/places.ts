type Environment = Readonly<Record<string, string | undefined>>;

/** The variable with the path, URL or text of a manifest. */
export const MANIFEST_VARIABLE = "PROVISIONING_MANIFEST";

/** Variables whose entries are items, as vast.ai names them. */
const lists = ["APT", "PIP", "CONDA", "GIT_REPOS", "DOWNLOADS", "POST_COMMANDS"].map(
  (name) => `PROVISIONING_${name}`,
);

/** The name of a manifest in the image and in the workspace. */
export const MANIFEST_FILE = "provisioning.yaml";

/** Where manifests are looked for: the image's, then the workspace's. `root` is a prefix, for tests. */
export const manifestFiles = (env: Environment, root = ""): string[] => [
  `${root}/${MANIFEST_FILE}`,
  `${(env["WORKSPACE"] ?? "/workspace").replace(/\/*$/, "")}/${MANIFEST_FILE}`,
];

/** Whether a container asks for anything by a manifest; looks at names alone. */
export function hasManifest(env: Environment, exists: (path: string) => boolean, root = ""): boolean {
  const isSet = (name: string) => (env[name] ?? "").trim() !== "";
  return [MANIFEST_VARIABLE, ...lists].some(isSet) || manifestFiles(env, root).some(exists);
}
