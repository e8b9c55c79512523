/** The login page, which leads back here. */
export function goToLogin(): void {
  location.assign(`/ai-dock/login?next=${encodeURIComponent(location.pathname + location.search)}`);
}

/** Reads from the API. Throws Error with the words of the refusal. */
export async function get<Reply>(path: string, signal?: AbortSignal): Promise<Reply> {
  return await call<Reply>(path, signal === undefined ? {} : { signal });
}

export async function post<Reply>(path: string, body: object): Promise<Reply> {
  return await call<Reply>(path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
}

async function call<Reply>(path: string, init: RequestInit): Promise<Reply> {
  const response = await fetch(`/api/v1${path}`, init);
  if (response.status === 401) goToLogin();
  const reply = (await response
    .json()
    .catch(() => ({ error: `HTTP status ${response.status}` }))) as Reply & {
    error?: string;
  };
  if (!response.ok) throw new Error(reply.error ?? `HTTP status ${response.status}`);
  return reply;
}
