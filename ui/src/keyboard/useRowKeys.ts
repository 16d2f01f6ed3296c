// How do j and k walk the rows? They move the focus, so that Enter opens and a screen reader follows.
import type { RefObject } from "react";
import { useCommands } from "./useCommands";

export function useRowKeys(place: RefObject<HTMLElement | null>): void {
  const step = (by: 1 | -1) => {
    const rows = [...(place.current?.querySelectorAll<HTMLElement>("[data-row]") ?? [])];
    const here = rows.indexOf(document.activeElement as HTMLElement);
    const index = here < 0 ? (by > 0 ? 0 : rows.length - 1) : here + by;
    const row = rows[Math.min(rows.length - 1, Math.max(0, index))];
    row?.focus();
    row?.scrollIntoView({ block: "nearest" });
  };
  useCommands({ "next-row": () => step(1), "previous-row": () => step(-1) });
}
