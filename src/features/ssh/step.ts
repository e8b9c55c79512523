import type { BootContext, Step } from "../step.ts";
import { messageOf } from "../../errors.ts";
import { readIfExists } from "../../sys/fs.ts";
import { ROOT_HOME } from "../../sys/users.ts";
import { decodeText } from "./authorized-keys/sources.ts";
import { type KeySource, mergeKeys } from "./authorized-keys/merge.ts";
import { type KeyStore, spareAuthorizedKeys, storeKeys } from "./authorized-keys/store.ts";

const VARIABLES = ["SSH_PUBKEY", "PUBLIC_KEY", "SSH_PUBLIC_KEY"] as const;

const rootStore = (): KeyStore => ({ home: ROOT_HOME, spare: spareAuthorizedKeys() });

/** Merges the ssh keys of all sources into authorized_keys. */
export function collectKeys(context: BootContext, store = rootStore()) {
  const warn = (message: string) => context.log.warn(message);
  const found = `${store.home}/.ssh/authorized_keys`;
  const sources = [found, `${found}_mount`].flatMap((path) => fileSource(path, warn));
  for (const name of VARIABLES) sources.push({ name, text: context.settings[name] ?? "" });
  const { lines, count, warnings } = mergeKeys(sources);
  for (const warning of warnings) warn(warning);
  storeKeys(store, lines, warn);
  return {
    message: count === 0 ? "No ssh key, so there will be no ssh" : "SSH keys ready",
    fields: { keys: count },
  };
}

function fileSource(path: string, warn: (message: string) => void): KeySource[] {
  try {
    const bytes = readIfExists(path, "latin1");
    return bytes === undefined ? [] : [{ name: path, text: decodeText(Buffer.from(bytes, "latin1")) }];
  } catch (error) {
    warn(`"${path}": ${messageOf(error)}; not read`);
    return [];
  }
}

export const keysStep: Step = { name: "keys", run: async (context) => collectKeys(context) };
