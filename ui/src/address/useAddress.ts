// How does a part of the dashboard read and change its address?
import { useCallback, useMemo } from "react";
import { type Address, readAddress, writeAddress } from "./address";
import { useSearch } from "./useSearch";

export function useAddress(): [Address, (change: Partial<Address>) => void] {
  const [search, goTo] = useSearch();
  const address = useMemo(() => readAddress(search), [search]);
  const go = useCallback(
    (change: Partial<Address>) => goTo(writeAddress({ ...readAddress(window.location.search), ...change })),
    [goTo],
  );
  return [address, go];
}
