import { useState } from "preact/hooks";
import type { IdleState } from "../../../control/idle.ts";
import { post } from "../api.ts";
import { duration } from "../format.ts";
import { useLive, useNow } from "../store.ts";
import { toast } from "./toasts.tsx";

const KEEP_SECONDS = 7200;

const pills: Record<IdleState["phase"], { kind: string; word: string }> = {
  busy: { kind: "good", word: "in use" },
  idle: { kind: "busy", word: "idle" },
  warning: { kind: "warn", word: "ends soon" },
  acting: { kind: "bad", word: "ends now" },
  reported: { kind: "warn", word: "idle" },
};

const actions: Record<IdleState["action"], string> = {
  report: "this is reported",
  exit: "the container ends",
  vast: "vast.ai stops this instance",
  runpod: "RunPod stops this pod",
  exec: "the command of AI_DOCK_IDLE_ACTION runs",
};

/** What is about to happen to a container that nobody uses, on top of each page, with the way to keep the container. */
export function IdleBanner({ message }: { message: string }) {
  const { state } = useLive();
  // No use keeps a container at the end of its lifetime.
  const canKeep = state?.idle?.phase === "warning" && state.idle.ends?.why === "idle";
  return (
    <div class="banner warning with-button" role="alert">
      <p>{message}</p>
      {canKeep && <KeepButton />}
    </div>
  );
}

/** The state of the guard of idle containers; nothing where the guard is off. */
export function IdleCard() {
  const { state } = useLive();
  useNow();
  const idle = state?.idle ?? null;
  if (idle === null) return null;
  const { phase, busy, last_activity, kept_until } = idle;
  const { kind, word } = pills[phase];
  return (
    <section class="card idle">
      <div class="card-head">
        <h2>Use of the container</h2>
        <span class={`pill ${kind}`}>{word}</span>
      </div>
      <p>{endText(idle)}</p>
      {busy.length === 0 ? (
        <p class="hint">Nothing has used the container for {since(last_activity)}.</p>
      ) : (
        <ul class="uses">
          {busy.map((one) => (
            <li key={one.source + one.detail}>
              <span class="kind">{one.source}</span>
              <span>
                {one.detail}
                {one.measured ? "" : " – not measured, so it counts"}
              </span>
              <span class="hint">for {since(one.since)}</span>
            </li>
          ))}
        </ul>
      )}
      {idle.idle_minutes !== null && (
        <p class="line">
          <KeepButton />
          {kept_until !== null && <ReleaseButton />}
        </p>
      )}
    </section>
  );
}

function endText({ phase, action, ends, kept_until }: IdleState): string {
  if (phase === "reported" || ends === null) return "The limit is reached; the container is left running.";
  const left = duration((ends.at - Date.now()) / 1000);
  const kept = kept_until === null ? "" : ` Kept for ${duration((kept_until - Date.now()) / 1000)}.`;
  const cause = ends.why === "idle" ? "Without any use" : "In use or not";
  return `${cause}, ${actions[action]} in ${left}.${kept}`;
}

const since = (time: number) => duration((Date.now() - time) / 1000);

function KeepButton() {
  return <Keep label="Keep for 2 h" seconds={KEEP_SECONDS} done="Kept for 2 h" />;
}

function ReleaseButton() {
  return <Keep label="Keep no more" seconds={null} done="No more kept" />;
}

function Keep({ label, seconds, done }: { label: string; seconds: number | null; done: string }) {
  const [busy, setBusy] = useState(false);
  const act = async () => {
    if (busy) return;
    setBusy(true);
    try {
      await post<IdleState>("/idle", { seconds });
      toast(done);
    } catch (error) {
      toast((error as Error).message, true);
    }
    setBusy(false);
  };
  return (
    <button type="button" class="small" aria-disabled={busy} onClick={() => void act()}>
      {label}
    </button>
  );
}
