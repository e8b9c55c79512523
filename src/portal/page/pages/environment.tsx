import { useState } from "preact/hooks";
import { Icon } from "../parts/icon.tsx";
import { useLoaded } from "../parts/use-loaded.ts";

interface Row {
  name: string;
  value: string | null;
  source: string;
}

export function Environment() {
  const { value: rows, error } = useLoaded<Row[]>("/environment");
  const [filter, setFilter] = useState("");
  if (error !== undefined) return <p class="alert">{error}</p>;
  if (rows === undefined) return <p class="hint">Loading …</p>;
  const wanted = filter.trim().toLowerCase();
  const shown = rows.filter(({ name, value }) => `${name}=${value ?? ""}`.toLowerCase().includes(wanted));
  return (
    <>
      <p class="hint">What programs get, and where each value came from. Secrets are not shown.</p>
      <div class="tools">
        <label class="search">
          <Icon name="search" />
          <span class="offscreen">Filter</span>
          <input
            type="search"
            placeholder="Filter"
            value={filter}
            onInput={(event) => setFilter(event.currentTarget.value)}
          />
        </label>
        <span class="hint" role="status">
          {shown.length} of {rows.length}
        </span>
      </div>
      <table class="environment">
        <thead>
          <tr>
            <th scope="col">Variable</th>
            <th scope="col">Value</th>
            <th scope="col">From</th>
          </tr>
        </thead>
        <tbody>
          {shown.map(({ name, value, source }) => (
            <tr key={name}>
              <th scope="row">
                <code>{name}</code>
              </th>
              <td data-label="Value">
                {value === null ? <span class="hint">not set</span> : <code>{value}</code>}
              </td>
              <td data-label="From">{source}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}
