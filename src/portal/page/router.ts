import { useEffect, useState } from "preact/hooks";

const CHANGE = "ai-dock-navigation";

/** Goes to another page of the app. */
export function navigate(to: string): void {
  history.pushState(null, "", to);
  dispatchEvent(new Event(CHANGE));
  scrollTo(0, 0);
}

/** Changes the query of this page, without a step in the history. */
export function setQuery(query: Record<string, string | undefined>): void {
  const url = new URL(location.href);
  for (const [name, value] of Object.entries(query))
    if (value === undefined || value === "") url.searchParams.delete(name);
    else url.searchParams.set(name, value);
  history.replaceState(null, "", url);
}

/** The path of the page shown. */
export function usePath(): string {
  const [path, setPath] = useState(location.pathname);
  useEffect(() => {
    const update = () => setPath(location.pathname);
    for (const name of ["popstate", CHANGE]) addEventListener(name, update);
    return () => {
      for (const name of ["popstate", CHANGE]) removeEventListener(name, update);
    };
  }, []);
  return path;
}

/** For links of the app: stays in it, but for those that are to open elsewhere. */
export function follow(event: MouseEvent): void {
  if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  navigate((event.currentTarget as HTMLAnchorElement).getAttribute("href") ?? "/");
}
