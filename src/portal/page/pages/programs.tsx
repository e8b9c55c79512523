import { useState } from "preact/hooks";
import { post } from "../api.ts";
import { duration } from "../format.ts";
import { Icon, type IconName } from "../parts/icon.tsx";
import { StatePill } from "../parts/state.tsx";
import { toast } from "../parts/toasts.tsx";
import { follow } from "../router.ts";
import { type Program, useLive, useNow } from "../store.ts";

type Action = "start" | "stop" | "restart";

export function Programs() {
  const { state, at } = useLive();
  const now = useNow();
  const [filter, setFilter] = useState("");
  if (state === undefined) return <p class="hint">Loading …</p>;
  const shown = state.programs.filter(({ id }) => id.toLowerCase().includes(filter.trim().toLowerCase()));
  return (
    <>
      <div class="tools">
        <label class="search">
          <Icon name="search" />
          <span class="offscreen">Filter by name</span>
          <input
            type="search"
            placeholder="Filter by name"
            value={filter}
            onInput={(event) => setFilter(event.currentTarget.value)}
          />
        </label>
        <span class="hint" role="status">
          {shown.length} of {state.programs.length}
        </span>
      </div>
      <table class="programs">
        <thead>
          <tr>
            <th scope="col">Program</th>
            <th scope="col">State</th>
            <th scope="col">Up</th>
            <th scope="col">Restarts</th>
            <th scope="col">PID</th>
            <th scope="col">Actions</th>
          </tr>
        </thead>
        <tbody>
          {shown.map((program) => (
            <Row key={program.id} program={program} sinceMs={now - at} />
          ))}
        </tbody>
      </table>
    </>
  );
}

function Row({ program, sinceMs }: { program: Program; sinceMs: number }) {
  const { id, uptime_s, restarts, pid, reason, note } = program;
  const text = reason ?? note;
  return (
    <tr>
      <th scope="row">
        <a
          href={`/logs?name=${encodeURIComponent(program.stdout_log ?? id)}`}
          onClick={follow}
          title={`Logs of ${id}`}
        >
          {id}
        </a>
        {text !== null && <p class="reason">{text}</p>}
      </th>
      <td data-label="State">
        <StatePill program={program} />
      </td>
      <td data-label="Up">{uptime_s === null ? "–" : duration(uptime_s + Math.max(0, sinceMs) / 1000)}</td>
      <td data-label="Restarts">{restarts}</td>
      <td data-label="PID">{pid ?? "–"}</td>
      <td class="actions">
        <Actions program={program} />
      </td>
    </tr>
  );
}

const actions: Record<Action, { icon: IconName; label: string }> = {
  start: { icon: "start", label: "Start" },
  stop: { icon: "stop", label: "Stop" },
  restart: { icon: "restart", label: "Restart" },
};

function Actions({ program: { id, state, protected: kept } }: { program: Program }) {
  const [busy, setBusy] = useState(false);
  if (kept) return <span class="hint">carries this page, or the way in</span>;
  const isUp = ["RUNNING", "STARTING", "BACKOFF"].includes(state);
  const run = async (action: Action) => {
    if (busy) return;
    setBusy(true);
    await act(action, id);
    setBusy(false);
  };
  // One button starts and stops, and none is ever disabled: the focus of a keyboard stays where it is.
  const shown: Action[] = isUp ? ["stop", "restart"] : ["start"];
  return (
    <>
      {shown.map((action, place) => (
        <button
          key={place}
          type="button"
          class="small"
          aria-disabled={busy}
          aria-label={`${actions[action].label} ${id}`}
          onClick={() => void run(action)}
        >
          <Icon name={actions[action].icon} />
          {actions[action].label}
        </button>
      ))}
    </>
  );
}

async function act(action: Action, id: string): Promise<void> {
  try {
    const { results } = await post<{ results: { name: string; ok: boolean; message: string }[] }>(
      "/actions",
      {
        action,
        names: [id],
      },
    );
    for (const { ok, message } of results) toast(`${id}: ${message}`, !ok);
  } catch (error) {
    toast(`${id}: ${(error as Error).message}`, true);
  }
}
