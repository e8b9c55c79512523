import { useEffect, useRef, useState } from "preact/hooks";
import { goToLogin } from "../api.ts";
import { bytes } from "../format.ts";
import { labelOf } from "./log-names.ts";

interface Match {
  name: string;
  stream: string;
  inode: number;
  offset: number;
  text: string;
  ranges: [number, number][];
}

interface SearchProps {
  names: string[];
  /** Opens the log where a line was found. */
  onOpen: (match: Match) => void;
}

/** Characters of a line that are shown around its first match. */
const SHOWN = 300;
const BEFORE = 80;

/** Searches through all files of the logs, rotated ones included. */
export function Search({ names, onOpen }: SearchProps) {
  const [matches, setMatches] = useState<Match[]>([]);
  const [status, setStatus] = useState("");
  const source = useRef<EventSource>(undefined);
  useEffect(() => () => source.current?.close(), []);
  const start = async (form: HTMLFormElement) => {
    const data = new FormData(form);
    const pattern = data.get("pattern") as string;
    source.current?.close();
    setMatches([]);
    if (pattern === "") return setStatus("");
    const query = new URLSearchParams([...names.map((name) => ["name", name]), ["pattern", pattern]]);
    query.set("case", data.get("case") === null ? "ignore" : "match");
    setStatus("Searching …");
    source.current = open(`/api/v1/logs/search?${query.toString()}`, setMatches, setStatus);
  };
  return (
    <section class="card finder" aria-label="Search">
      <form
        class="tools"
        onSubmit={(event) => {
          event.preventDefault();
          void start(event.currentTarget);
        }}
      >
        <label class="grow">
          <span class="offscreen">Regular expression</span>
          <input name="pattern" placeholder="Regular expression" autocomplete="off" spellcheck={false} />
        </label>
        <label class="check">
          <input type="checkbox" name="case" />
          Match case
        </label>
        <button type="submit" class="primary">
          Search
        </button>
        <span class="hint" role="status">
          {status}
        </span>
      </form>
      {matches.length > 0 && (
        <ol class="matches">
          {matches.map((match) => (
            <li key={`${match.inode} ${match.offset}`}>
              <button type="button" onClick={() => onOpen(match)}>
                <span class="kind">{labelOf(match.name, match.stream)}</span>
                <Marked {...match} />
              </button>
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}

function Marked({ text, ranges }: Match) {
  const from = Math.max(0, (ranges[0]?.[0] ?? 0) - BEFORE);
  const to = from + SHOWN;
  const shown = ranges.filter(([begin, end]) => begin < to && end > begin);
  let at = from;
  return (
    <code>
      {from > 0 && "…"}
      {shown.map(([begin, end]) => {
        const plain = text.slice(at, begin);
        at = Math.min(end, to);
        return (
          <>
            {plain}
            <mark>{text.slice(begin, at)}</mark>
          </>
        );
      })}
      {text.slice(at, to)}
      {text.length > to && "…"}
    </code>
  );
}

function open(
  url: string,
  setMatches: (matches: Match[]) => void,
  setStatus: (status: string) => void,
): EventSource {
  const source = new EventSource(url);
  const found: Match[] = [];
  let frame = 0;
  const data = (event: Event) => JSON.parse((event as MessageEvent<string>).data) as never;
  source.addEventListener("match", (event) => {
    found.push(data(event));
    if (frame === 0)
      frame = requestAnimationFrame(() => {
        frame = 0;
        setMatches([...found]);
      });
  });
  source.addEventListener("progress", (event) => {
    const { bytes: done, total }: { bytes: number; total: number } = data(event);
    setStatus(`${found.length} lines; ${bytes(done)} of ${bytes(total)} searched …`);
  });
  source.addEventListener("done", (event) => {
    const { matches, complete }: { matches: number; complete: boolean } = data(event);
    source.close();
    setStatus(complete ? `${matches} lines` : `The newest ${matches} lines; there are more`);
  });
  source.addEventListener("failure", (event) => {
    source.close();
    setStatus((data(event) as { error: string }).error);
  });
  source.addEventListener("error", () => {
    source.close();
    void tellWhy(url, setStatus);
  });
  return source;
}

/** EventSource does not show what was refused. */
async function tellWhy(url: string, setStatus: (status: string) => void): Promise<void> {
  const response = await fetch(url);
  if (response.status === 401) goToLogin();
  const { error } = (await response.json().catch(() => ({}))) as { error?: string };
  setStatus(error ?? "The search ended early");
}
