import { useState } from "preact/hooks";
import { duration } from "../format.ts";
import { type Chosen, Lines } from "../logs/lines.tsx";
import { Items } from "../parts/items.tsx";
import { useLive, useNow } from "../store.ts";

const FIRST_LINES = 1000;

const phases = { booting: "busy", running: "good", stopping: "bad" } as const;

export function Provisioning() {
  const { state } = useLive();
  const [chosen, setChosen] = useState<Chosen>({ names: ["provisioning", "boot"], lines: FIRST_LINES });
  useNow();
  if (state === undefined) return <p class="hint">Loading …</p>;
  const { boot, phase } = state;
  return (
    <>
      <section class="card">
        <div class="card-head">
          <h2>{boot === null ? "The boot has ended" : `Now: ${boot.step}`}</h2>
          <span class={`pill ${phases[phase]}`}>{phase}</span>
        </div>
        <p>
          {boot === null
            ? "Programs run. What the boot and provisioning have said stands below."
            : `For ${duration((Date.now() - boot.since) / 1000)}; programs start when provisioning has ended.`}
        </p>
      </section>
      <Items isBooting={boot !== null} />
      <Lines chosen={chosen} onMore={(lines) => setChosen({ ...chosen, lines })} />
    </>
  );
}
