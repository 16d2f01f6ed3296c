// How does a part of the page read and change the address? Back and forward work like anywhere on the web.
import { useCallback, useMemo, useSyncExternalStore } from "react";
import { type Address, readAddress, writeAddress } from "./address";

const MOVED = "wattbook:moved";

function listen(changed: () => void): () => void {
  window.addEventListener("popstate", changed);
  window.addEventListener(MOVED, changed);
  return () => {
    window.removeEventListener("popstate", changed);
    window.removeEventListener(MOVED, changed);
  };
}

export function useAddress(): [Address, (change: Partial<Address>) => void] {
  const search = useSyncExternalStore(listen, () => window.location.search);
  const address = useMemo(() => readAddress(search), [search]);
  const go = useCallback((change: Partial<Address>) => {
    const next = writeAddress({ ...readAddress(window.location.search), ...change });
    if (next === window.location.pathname + window.location.search) return;
    window.history.pushState(null, "", next);
    window.dispatchEvent(new Event(MOVED));
  }, []);
  return [address, go];
}
