import { useEffect, useState } from "preact/hooks";
import type { Disk, Gpu, MachineState, Sample } from "../../machine/schema.ts";
import { heldBack } from "../../../sys/gpus/held-back.ts";
import { bytes, percent } from "../format.ts";
import { Chart } from "../parts/chart.tsx";
import { IdleCard } from "../parts/idle.tsx";
import { follow } from "../stream.ts";

const SPAN_MILLISECONDS = 10 * 60_000;

export function Machine() {
  const machine = useMachine();
  if (machine === undefined) return <p class="hint">Loading …</p>;
  const { limits, disks, samples } = machine;
  const times = samples.map(({ time }) => time);
  const of = (value: (sample: Sample) => number) => samples.map(value);
  const rate = (value: number) => `${bytes(value)}/s`;
  return (
    <>
      <IdleCard />
      <p class="hint">Of this container. Samples are taken only while somebody looks.</p>
      <div class="charts">
        <Chart
          title="CPU"
          times={times}
          max={limits.cpus}
          series={[{ label: "in use", colour: 1, values: of(({ cpus }) => cpus) }]}
          format={(value) => `${value.toFixed(value < 10 ? 1 : 0)} CPU`}
        />
        <Chart
          title="Memory"
          times={times}
          max={limits.memoryBytes}
          series={[{ label: "in use", colour: 2, values: of(({ memoryBytes }) => memoryBytes) }]}
          format={bytes}
        />
        <Chart
          title="Network"
          times={times}
          series={[
            { label: "received", colour: 1, values: of(({ received }) => received) },
            { label: "sent", colour: 3, values: of(({ sent }) => sent) },
          ]}
          format={rate}
        />
        <Chart
          title="Disk traffic"
          times={times}
          series={[
            { label: "read", colour: 1, values: of(({ read }) => read) },
            { label: "written", colour: 3, values: of(({ written }) => written) },
          ]}
          format={rate}
        />
        {samples.at(-1)?.gpus.map((gpu, index) => (
          <GpuChart key={index} gpu={gpu} index={index} samples={samples} times={times} />
        ))}
      </div>
      {samples.at(-1)?.gpuProblems.map((problem) => (
        <p key={problem} class="reason bad">
          {problem}
        </p>
      ))}
      <section class="card">
        <h2>Disks</h2>
        <Disks disks={disks} />
      </section>
    </>
  );
}

function Disks({ disks }: { disks: Disk[] }) {
  if (disks.length === 0) return <p class="hint">No file system answers.</p>;
  return (
    <ul class="meters">
      {disks.map(({ path, usedBytes, totalBytes }) => (
        <li key={path}>
          <code>{path}</code>
          <meter
            aria-label={`Used of ${path}`}
            min={0}
            max={totalBytes}
            low={totalBytes * 0.8}
            high={totalBytes * 0.92}
            optimum={0}
            value={usedBytes}
          />
          <span>
            {bytes(usedBytes)} of {bytes(totalBytes)} ({percent(usedBytes / Math.max(1, totalBytes))})
          </span>
        </li>
      ))}
    </ul>
  );
}

function GpuChart({
  gpu,
  index,
  samples,
  times,
}: {
  gpu: Gpu;
  index: number;
  samples: Sample[];
  times: number[];
}) {
  const of = (value: (one: Gpu) => number | null) =>
    samples.map(({ gpus }) => (gpus[index] ? value(gpus[index]) : null));
  const more = [
    gpu.usedBytes !== null &&
      gpu.totalBytes !== null &&
      `${bytes(gpu.usedBytes)} of ${bytes(gpu.totalBytes)}`,
    gpu.temperature !== null && `${Math.round(gpu.temperature)} °C`,
    gpu.watts !== null &&
      `${Math.round(gpu.watts)}${gpu.wattsLimit === null ? "" : ` of ${Math.round(gpu.wattsLimit)}`} W`,
    heldBack(gpu),
  ].filter((text) => typeof text === "string");
  return (
    <Chart
      title={[`GPU ${index}: ${gpu.name}`, ...more].join(" · ")}
      times={times}
      max={1}
      problem={gpu.problem}
      series={[
        { label: "load", colour: 1, values: of(({ load }) => load) },
        {
          label: "memory",
          colour: 2,
          values: of(({ usedBytes, totalBytes }) =>
            usedBytes === null || totalBytes === null ? null : usedBytes / totalBytes,
          ),
        },
      ]}
      format={percent}
    />
  );
}

function useMachine(): MachineState | undefined {
  const [machine, setMachine] = useState<MachineState>();
  useEffect(
    () =>
      follow(() => "/machine/stream", {
        on: {
          machine: (state: MachineState) => setMachine(state),
          sample: (sample: Sample) =>
            setMachine(
              (before) =>
                before && {
                  ...before,
                  samples: [
                    ...before.samples.filter(({ time }) => sample.time - time < SPAN_MILLISECONDS),
                    sample,
                  ],
                },
            ),
          disks: (disks: Disk[]) => setMachine((before) => before && { ...before, disks }),
        },
      }),
    [],
  );
  return machine;
}
