import { useCallback, useEffect, useState } from "preact/hooks";
import { get } from "../api.ts";

export interface Loaded<Reply> {
  value: Reply | undefined;
  error: string | undefined;
  loading: boolean;
  again: () => void;
}

/** Reads something of the API once, and again on demand. */
export function useLoaded<Reply>(path: string): Loaded<Reply> {
  const [state, setState] = useState<Omit<Loaded<Reply>, "again">>({
    value: undefined,
    error: undefined,
    loading: true,
  });
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    const over = new AbortController();
    setState((before) => ({ ...before, loading: true }));
    get<Reply>(path, over.signal)
      .then((value) => setState({ value, error: undefined, loading: false }))
      .catch((error: unknown) => {
        if (over.signal.aborted) return;
        const text = error instanceof Error ? error.message : String(error);
        setState((before) => ({ ...before, error: text, loading: false }));
      });
    return () => over.abort();
  }, [path, turn]);
  return { ...state, again: useCallback(() => setTurn((before) => before + 1), []) };
}
