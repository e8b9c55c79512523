import { Copy } from "../parts/copy.tsx";
import { useLoaded } from "../parts/use-loaded.ts";

interface Check {
  name: string;
  status: "ok" | "warning" | "error";
  message: string;
  fix?: string;
}

/** The worst first. */
const order: Check["status"][] = ["error", "warning", "ok"];
const kinds = { ok: "good", warning: "warn", error: "bad" } as const;

export function Doctor() {
  const { value: checks, error, loading, again } = useLoaded<Check[]>("/doctor");
  return (
    <>
      <div class="tools">
        <button type="button" class="small" disabled={loading} onClick={again}>
          {loading ? "Looking …" : "Look again"}
        </button>
        <span class="hint" role="status">
          {checks !== undefined && !loading && summary(checks)}
        </span>
      </div>
      {error !== undefined && <p class="alert">{error}</p>}
      <ul class="checks">
        {checks
          ?.toSorted((one, other) => order.indexOf(one.status) - order.indexOf(other.status))
          .map(({ name, status, message, fix }, index) => (
            <li key={index} class="card">
              <div class="card-head">
                <h2>{name}</h2>
                <span class={`pill ${kinds[status]}`}>{status.toUpperCase()}</span>
              </div>
              <p>{message}</p>
              {fix !== undefined && (
                <p class="fix">
                  <span class="kind">Fix</span>
                  <code>{fix}</code>
                  <Copy text={fix} of="the fix" />
                </p>
              )}
            </li>
          ))}
      </ul>
    </>
  );
}

function summary(checks: Check[]): string {
  const count = (status: Check["status"]) => checks.filter((check) => check.status === status).length;
  const named = (status: "warning" | "error") =>
    `${count(status)} ${status}${count(status) === 1 ? "" : "s"}`;
  return `${count("ok")} well, ${named("warning")}, ${named("error")}`;
}
