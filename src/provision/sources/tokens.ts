import { redactUrls } from "../../env/redact.ts";
import { readIfExists } from "../../sys/fs.ts";
import { DownloadError } from "../download/error.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** Which host gets which token. */
export interface Tokens {
  /** The token for exactly that host, with its port where that is not the usual one. Throws DownloadError for one that no header can carry. */
  authorization(host: string): string | undefined;
  /** The variable that holds it, or should. */
  tokenName(host: string): string | undefined;
}

export const HF_ENDPOINT = "https://huggingface.co";
export const CIVITAI_ENDPOINT = "https://civitai.com";

/** Where sources find Hugging Face; HF_ENDPOINT names a mirror. */
export function hubEndpoint(env: Environment): URL {
  return endpoint(env, "HF_ENDPOINT", HF_ENDPOINT);
}

export function civitaiEndpoint(env: Environment): URL {
  return endpoint(env, "CIVITAI_ENDPOINT", CIVITAI_ENDPOINT);
}

function endpoint(env: Environment, name: string, fallback: string): URL {
  const text = env[name]?.trim() || fallback;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url !== undefined && /^https?:$/.test(url.protocol)) return url;
  throw new DownloadError("source", `${name}: expected an http(s) URL, got "${redactUrls(text)}"`);
}

/** The hosts that are known to be Hugging Face's own: never those of its storage, which refuse a second authorization. */
const HUB_HOSTS = ["huggingface.co", "www.huggingface.co", "hf.co"];
const CIVITAI_HOSTS = ["civitai.com", "www.civitai.com"];

/** The tokens in an environment. Nothing is read before a host asks for its token. */
export function tokensFrom(env: Environment): Tokens {
  const kinds = [
    {
      hosts: () => [...HUB_HOSTS, hubEndpoint(env).host],
      name: "HF_TOKEN",
      read: () => firstOf(env, "HF_TOKEN", "HUGGING_FACE_HUB_TOKEN") ?? fileOf(env, "HF_TOKEN_FILE"),
    },
    {
      hosts: () => [...CIVITAI_HOSTS, civitaiEndpoint(env).host],
      name: "CIVITAI_TOKEN",
      read: () => firstOf(env, "CIVITAI_TOKEN", "CIVITAI_API_KEY"),
    },
  ];
  const kindOf = (host: string) => kinds.find(({ hosts }) => hosts().includes(host.toLowerCase()));
  return {
    authorization(host) {
      const kind = kindOf(host);
      const token = kind?.read();
      if (kind === undefined || token === undefined || /^[\x21-\x7e]+$/.test(token)) return token;
      throw new DownloadError(
        "token-invalid",
        `${kind.name}: expected a token, got one with blanks or other characters that no token has`,
      );
    },
    tokenName: (host) => kindOf(host)?.name,
  };
}

function firstOf(env: Environment, ...names: string[]): string | undefined {
  return names.map((name) => env[name]?.trim()).find((value) => value !== undefined && value !== "");
}

function fileOf(env: Environment, name: string): string | undefined {
  const path = firstOf(env, name);
  if (path === undefined) return undefined;
  const token = readIfExists(path)?.trim();
  if (token !== undefined && token !== "") return token;
  throw new DownloadError("token-invalid", `${name}: expected a file with a token, got none at "${path}"`);
}
