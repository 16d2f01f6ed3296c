// What does the address ask for, and how does a part of the page change it? Back and forward work like anywhere on the web.
import { useCallback, useMemo, useSyncExternalStore } from "react";

const MOVED = "wattbook:moved";

function listen(changed: () => void): () => void {
  window.addEventListener("popstate", changed);
  window.addEventListener(MOVED, changed);
  return () => {
    window.removeEventListener("popstate", changed);
    window.removeEventListener(MOVED, changed);
  };
}

/** What the address asks for, and the way to another address of the same page. */
export function useSearch(): [URLSearchParams, (address: string) => void] {
  const text = useSyncExternalStore(listen, () => window.location.search);
  const search = useMemo(() => new URLSearchParams(text), [text]);
  const go = useCallback((address: string) => {
    if (address === window.location.pathname + window.location.search) return;
    window.history.pushState(null, "", address);
    window.dispatchEvent(new Event(MOVED));
  }, []);
  return [search, go];
}
