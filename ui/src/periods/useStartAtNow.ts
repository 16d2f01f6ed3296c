// Where does the table begin? At the period in delivery, on another day at the first with deals, if out of sight.
import { type RefObject, useEffect } from "react";

const ROWS_ABOVE = 2;

/** The row to begin at: the one in delivery, else the first with deals. */
export function startOf(place: ParentNode): HTMLElement | null {
  return (
    place.querySelector<HTMLElement>('tbody tr[data-status="in delivery"]') ??
    place.querySelector<HTMLElement>("tbody tr:not([data-quiet])")
  );
}

/** Once, when the rows first appear: after that only the person scrolls. */
export function useStartAtNow(place: RefObject<HTMLElement | null>, ready: boolean): void {
  useEffect(() => {
    const box = place.current;
    const row = box && startOf(box);
    if (!ready || !box || !row || box.scrollHeight <= box.clientHeight) return;
    const head = box.querySelector("thead")?.clientHeight ?? 0;
    const foot = box.querySelector("tfoot")?.clientHeight ?? 0;
    const inSight = row.offsetTop + row.clientHeight * ROWS_ABOVE <= box.clientHeight - foot;
    if (!inSight) box.scrollTop = row.offsetTop - head - row.clientHeight * ROWS_ABOVE;
  }, [place, ready]);
}
