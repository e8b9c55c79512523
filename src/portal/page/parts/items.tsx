import { useEffect } from "preact/hooks";
import type { Provisioning } from "../../../control/portal/protocol.ts";
import { bytes, duration, percent } from "../format.ts";
import { useLoaded } from "./use-loaded.ts";

type Item = Provisioning["items"][number];

const LOOK_MILLISECONDS = 1000;

const kinds: Record<string, string> = { running: "busy", done: "good", unchanged: "good", failed: "bad" };
const ENDED = new Set(["done", "unchanged"]);

/** How far each item of a provisioning manifest is; nothing without a manifest. */
export function Items({ isBooting }: { isBooting: boolean }) {
  const { value, again } = useLoaded<Provisioning>("/provisioning");
  const isGoingOn = isBooting || value?.running === true;
  useEffect(() => {
    if (!isGoingOn) return again();
    const timer = setInterval(again, LOOK_MILLISECONDS);
    return () => clearInterval(timer);
  }, [isGoingOn, again]);
  const items = value?.items ?? [];
  if (items.length === 0) return null;
  const done = items.filter(({ state }) => ENDED.has(state)).length;
  return (
    <section class="card">
      <div class="card-head">
        <h2>Manifest</h2>
        <span class="hint">
          {done} of {items.length} done
        </span>
      </div>
      <ul class="items">
        {items.map((item) => (
          <li key={item.name}>
            <span class="name">{item.name}</span>
            <span class={`pill ${kinds[item.state] ?? ""}`}>{item.state}</span>
            <Bar {...item} />
            {item.reason !== null && <p class="reason">{item.reason}</p>}
          </li>
        ))}
      </ul>
    </section>
  );
}

function Bar({ name, state, received, total, rate }: Item) {
  if (state !== "running") return null;
  const part = received !== null && total !== null && total > 0 ? Math.min(1, received / total) : undefined;
  const texts = [
    part === undefined ? "" : percent(part),
    received === null ? "" : total === null ? bytes(received) : `${bytes(received)} of ${bytes(total)}`,
    rate === null ? "" : `${bytes(rate)}/s`,
    rate === null || rate === 0 || received === null || total === null
      ? ""
      : `${duration((total - received) / rate)} left`,
  ];
  return (
    <>
      <progress aria-label={`Progress of ${name}`} max={1} {...(part === undefined ? {} : { value: part })} />
      <span class="hint">{texts.filter((one) => one !== "").join(" · ")}</span>
    </>
  );
}
