import { useState } from "preact/hooks";
import { type Chosen, Lines } from "../logs/lines.tsx";
import { Picker } from "../logs/picker.tsx";
import { Search } from "../logs/search.tsx";
import { Icon } from "../parts/icon.tsx";
import { setQuery } from "../router.ts";

/** Lines of each log to begin with; further ones are asked for. */
const FIRST_LINES = 1000;

export function Logs() {
  const [chosen, setChosen] = useState<Chosen>(() => ({
    names: new URLSearchParams(location.search).getAll("name"),
    lines: FIRST_LINES,
  }));
  const choose = (names: string[]) => {
    const url = new URL(location.href);
    url.searchParams.delete("name");
    for (const name of names) url.searchParams.append("name", name);
    history.replaceState(null, "", url);
    setChosen({ names, lines: FIRST_LINES });
  };
  const [searching, setSearching] = useState(() => new URLSearchParams(location.search).has("search"));
  return (
    <div class="logs">
      <div class="tools">
        <Picker names={chosen.names} onChange={choose} />
        <button
          type="button"
          class="small"
          aria-pressed={searching}
          onClick={() => {
            setSearching(!searching);
            setQuery({ search: searching ? undefined : "1" });
          }}
        >
          <Icon name="search" />
          Search
        </button>
        {chosen.place !== undefined && (
          <button type="button" class="small" onClick={() => choose(chosen.names)}>
            Back to live
          </button>
        )}
        <Downloads names={chosen.names} />
      </div>
      {searching && (
        <Search
          names={chosen.names}
          onOpen={({ name, inode, offset }) =>
            setChosen({ names: [name], lines: FIRST_LINES, place: { inode, offset } })
          }
        />
      )}
      <Lines
        key={JSON.stringify([chosen.names, chosen.place])}
        chosen={chosen}
        onMore={(lines) => setChosen({ ...chosen, lines })}
      />
    </div>
  );
}

function Downloads({ names }: { names: string[] }) {
  const [name] = names;
  if (names.length !== 1 || name === undefined) return null;
  return (
    <a class="small" href={`/api/v1/logs/download?name=${encodeURIComponent(name)}`} download>
      <Icon name="download" />
      Download
    </a>
  );
}
