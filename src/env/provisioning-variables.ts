import { optional, text } from "./types.ts";

const entries = (what: string, expected: string) =>
  optional({ type: text, description: `${what} to provision, by \`;\` or comma`, expected });

/** Lists that add to the manifest, named as vast.ai names them, and the tokens of its sources. */
export const provisioningLists = {
  PROVISIONING_APT: entries("Packages of the system", "names of packages"),
  PROVISIONING_PIP: entries("Packages of Python", "requirements as pip writes them"),
  PROVISIONING_CONDA: entries("Packages of conda", "names of packages"),
  PROVISIONING_GIT_REPOS: entries("Repositories, `URL|PATH|REF`,", "URLs"),
  PROVISIONING_DOWNLOADS: entries("Downloads, `URL|PATH`,", "URLs with paths"),
  HF_TOKEN: optional({
    type: text,
    description: "Token of Hugging Face, for gated and private models",
    expected: "a token",
    secret: true,
  }),
  CIVITAI_TOKEN: optional({
    type: text,
    description: "Token of CivitAI, for models that need a login",
    expected: "a token",
    secret: true,
  }),
  PROVISIONING_POST_COMMANDS: optional({
    type: text,
    description: "Commands to run after all else was provisioned, by `;` or one a line",
    expected: "commands",
  }),
};
