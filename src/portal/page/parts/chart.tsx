export interface Series {
  label: string;
  /** Which colour of the theme, 1 to 4. */
  colour: number;
  values: (number | null)[];
}

interface ChartProps {
  title: string;
  /** Epoch milliseconds of the values. */
  times: number[];
  series: Series[];
  /** At the upper edge; without one, what fits the values. */
  max?: number;
  /** What is wrong with what it shows. */
  problem?: string | null;
  format: (value: number) => string;
}

const [WIDTH, HEIGHT] = [600, 140];
const SPAN_MILLISECONDS = 10 * 60_000;
/** Between samples that are farther apart nobody has watched. */
const GAP_MILLISECONDS = 10_000;

/** Some values over the last ten minutes. */
export function Chart({ title, times, series, max, problem = null, format }: ChartProps) {
  const now = times.at(-1) ?? 0;
  const highest = Math.max(0, ...series.flatMap(({ values }) => values.map((value) => value ?? 0)));
  const top = max ?? (highest > 0 ? highest * 1.15 : 1);
  return (
    <section class="card chart">
      <div class="card-head">
        <h2>{title}</h2>
        <ul class="legend">
          {series.map(({ label, colour, values }) => (
            <li key={label} class={`c${colour}`}>
              {label} <strong>{values.at(-1) == null ? "–" : format(values.at(-1) ?? 0)}</strong>
            </li>
          ))}
        </ul>
      </div>
      {problem !== null && <p class="reason bad">{problem}</p>}
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={summary(title, series, format)}
      >
        {[0.25, 0.5, 0.75].map((part) => (
          <line key={part} class="grid" x1={0} x2={WIDTH} y1={HEIGHT * part} y2={HEIGHT * part} />
        ))}
        {series.map(({ label, colour, values }) => (
          <g key={label} class={`c${colour}`}>
            {runsOf(times, values, now, top).map((points) => (
              <g key={points[0]?.[0]}>
                <path
                  class="area"
                  d={`${pathOf(points)}L${points.at(-1)?.[0]} ${HEIGHT}L${points[0]?.[0]} ${HEIGHT}Z`}
                />
                <path class="curve" d={pathOf(points)} vector-effect="non-scaling-stroke" />
              </g>
            ))}
          </g>
        ))}
      </svg>
      <p class="axis">
        <span>10 minutes ago</span>
        <span>top: {format(top)}</span>
        <span>now</span>
      </p>
    </section>
  );
}

type Point = [x: number, y: number];

/** The points to draw, cut where nobody has watched. */
function runsOf(times: number[], values: (number | null)[], now: number, top: number): Point[][] {
  const runs: Point[][] = [];
  let last = Number.NEGATIVE_INFINITY;
  for (const [index, time] of times.entries()) {
    const value = values[index];
    if (value == null || now - time > SPAN_MILLISECONDS) continue;
    if (time - last > GAP_MILLISECONDS) runs.push([]);
    last = time;
    const x = round(WIDTH * (1 - (now - time) / SPAN_MILLISECONDS));
    runs.at(-1)?.push([x, round(HEIGHT * (1 - Math.min(1, value / top)))]);
  }
  return runs;
}

const round = (number: number) => Math.round(number * 10) / 10;
const pathOf = (points: Point[]) => `M${points.map(([x, y]) => `${x} ${y}`).join("L")}`;

/** What the picture shows, in words. */
function summary(title: string, series: Series[], format: (value: number) => string): string {
  const parts = series.map(({ label, values }) => {
    const known = values.filter((value) => value !== null);
    if (known.length === 0) return `${label}: nothing known`;
    return `${label}: now ${format(known.at(-1) ?? 0)}, at most ${format(Math.max(...known))}`;
  });
  return `${title}, last ten minutes. ${parts.join("; ")}`;
}
