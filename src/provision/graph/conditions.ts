/** What conditions are about. */
export interface Facts {
  env: Readonly<Record<string, string | undefined>>;
  /** Asks Hugging Face, or CivitAI, whether the token is one; false without a token. */
  isTokenValid(of: "huggingface" | "civitai"): Promise<boolean>;
}

/** Words of `when`, for messages. */
export const conditionWords = ["hf_token_valid", "civitai_token_valid", "mounted", "gpu", "serverless"];

/** What is wrong with a condition, or undefined. */
export function conditionProblem(condition: string): string | undefined {
  const wrong = condition
    .replace(/^!/, "")
    .split("&")
    .find((word) => !isKnown(word.trim()));
  if (wrong === undefined) return undefined;
  return `expected ${conditionWords.join(", ")}, env:NAME or env:NAME=VALUE, got "${wrong}"`;
}

const isKnown = (word: string) => conditionWords.includes(word) || /^env:[A-Za-z_]\w*(=.*)?$/.test(word);

/** Whether all conditions hold. One that begins with `!` holds where what follows, joined by `&`, does not. */
export async function conditionsHold(conditions: readonly string[], facts: Facts): Promise<boolean> {
  for (const condition of conditions) {
    const words = condition
      .replace(/^!/, "")
      .split("&")
      .map((word) => word.trim());
    let holds = true;
    for (const word of words) holds = holds && (await wordHolds(word, facts));
    if (holds === condition.startsWith("!")) return false;
  }
  return true;
}

async function wordHolds(word: string, facts: Facts): Promise<boolean> {
  const { env } = facts;
  const isTrue = (name: string) => /^(1|true|yes|on)$/i.test(env[name] ?? "");
  switch (word) {
    case "hf_token_valid":
      return facts.isTokenValid("huggingface");
    case "civitai_token_valid":
      return facts.isTokenValid("civitai");
    case "mounted":
      return isTrue("WORKSPACE_MOUNTED");
    case "serverless":
      return isTrue("SERVERLESS");
    case "gpu":
      return (env["GPU_COUNT"] ?? "0") !== "0" && env["GPU_COUNT"] !== "";
    default: {
      const [, name = "", value] = /^env:(\w+)(?:=(.*))?$/s.exec(word) ?? [];
      return value === undefined ? (env[name] ?? "") !== "" : env[name] === value;
    }
  }
}
