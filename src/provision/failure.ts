import { redactUrls } from "../env/redact.ts";
import type { Manifest } from "./manifest/schema.ts";
import { postWebhook } from "./webhook.ts";

/** What happens when the provisioning has failed. */
export interface FailurePolicy {
  action: "continue" | "stop" | "destroy";
  retries: number;
  /** Seconds before the next try. */
  delay: number;
  webhook: string | undefined;
  webhookOnSuccess: boolean;
}

const RETRIES = 3;
const DELAY_SECONDS = 30;

/** The policy of a manifest; variables named as vast.ai's override it. */
export function failurePolicy(
  { on_failure: given = {} }: Manifest,
  env: Readonly<Record<string, string>>,
): FailurePolicy {
  const number = (name: string) => (/^\d+$/.test(env[name] ?? "") ? Number(env[name]) : undefined);
  const action = env["PROVISIONER_FAILURE_ACTION"] ?? given.action;
  const webhook = env["PROVISIONER_WEBHOOK_URL"] ?? given.webhook;
  return {
    action: action === "stop" || action === "destroy" ? action : "continue",
    retries: number("PROVISIONER_RETRY_MAX") ?? given.max_retries ?? RETRIES,
    delay: number("PROVISIONER_RETRY_DELAY") ?? given.retry_delay ?? DELAY_SECONDS,
    webhook: webhook === "" ? undefined : webhook,
    webhookOnSuccess:
      /^(1|true|yes)$/i.test(env["PROVISIONER_WEBHOOK_ON_SUCCESS"] ?? "") ||
      given.webhook_on_success === true,
  };
}

/** Tells the webhook of a policy how the provisioning ended. Resolves to what went wrong with that, or nothing. */
export async function callWebhook(
  url: string,
  outcome: {
    action: string;
    manifest: string[];
    error: string | undefined;
    failed: { name: string; reason: string }[];
  },
  env: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<string | undefined> {
  const body = {
    ...outcome,
    manifest: outcome.manifest.map((source) => redactUrls(source)).join(", "),
    container_id: env["CONTAINER_ID"] ?? env["RUNPOD_POD_ID"] ?? "",
    timestamp: new Date().toISOString(),
  };
  const reason = await postWebhook(url, body, signal);
  return reason === undefined ? undefined : `on_failure.webhook: expected an answer, got ${reason}`;
}
