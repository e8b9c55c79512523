import { useEffect, useRef, useState } from "preact/hooks";
import { get } from "../api.ts";
import { bytes } from "../format.ts";

interface Log {
  name: string;
  size: number;
}

interface PickerProps {
  /** Empty: all. */
  names: string[];
  onChange: (names: string[]) => void;
}

/** Chooses one log, some, or all merged by time. */
export function Picker({ names, onChange }: PickerProps) {
  const [logs, setLogs] = useState<Log[]>([]);
  const details = useRef<HTMLDetailsElement>(null);
  const load = () =>
    void listLogs()
      .then(setLogs)
      .catch(() => undefined);
  useEffect(load, []);
  useEffect(() => {
    const close = (event: Event) => {
      const key = event instanceof KeyboardEvent ? event.key : undefined;
      const outside = event instanceof PointerEvent && !details.current?.contains(event.target as Node);
      if (details.current !== null && (key === "Escape" || outside)) details.current.open = false;
    };
    for (const name of ["pointerdown", "keydown"]) document.addEventListener(name, close);
    return () => {
      for (const name of ["pointerdown", "keydown"]) document.removeEventListener(name, close);
    };
  }, []);
  const toggle = (name: string) =>
    onChange(names.includes(name) ? names.filter((one) => one !== name) : [...names, name]);
  const [first, ...others] = names;
  const summary =
    first === undefined ? "All logs by time" : others.length === 0 ? first : `${first} + ${others.length}`;
  return (
    <details class="picker" ref={details} onToggle={load}>
      <summary class="small">{summary}</summary>
      <div class="picker-list" role="group" aria-label="Logs to show">
        <label>
          <input type="checkbox" checked={names.length === 0} onChange={() => onChange([])} />
          <span>All logs by time</span>
        </label>
        {logs.map(({ name, size }) => (
          <label key={name}>
            <input type="checkbox" checked={names.includes(name)} onChange={() => toggle(name)} />
            <span>{name}</span>
            <span class="hint">{bytes(size)}</span>
          </label>
        ))}
      </div>
    </details>
  );
}

async function listLogs(): Promise<Log[]> {
  const list = await get<{ name: string; generations: { size: number }[] }[]>("/logs");
  const sizes = new Map<string, number>();
  for (const { name, generations } of list)
    sizes.set(name, (sizes.get(name) ?? 0) + generations.reduce((sum, { size }) => sum + size, 0));
  return [...sizes].map(([name, size]) => ({ name, size }));
}
