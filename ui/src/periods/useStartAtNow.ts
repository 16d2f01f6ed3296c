// Where does the table begin? On today's page at the period in delivery, if that would be out of sight.
import { type RefObject, useEffect } from "react";

const ROWS_ABOVE = 2;

/** Once, when the rows first appear: after that only the person scrolls. */
export function useStartAtNow(place: RefObject<HTMLElement | null>, ready: boolean): void {
  useEffect(() => {
    const box = place.current;
    const row = box?.querySelector<HTMLElement>('tr[data-status="in delivery"]');
    if (!ready || !box || !row || box.scrollHeight <= box.clientHeight) return;
    const head = box.querySelector("thead")?.clientHeight ?? 0;
    const foot = box.querySelector("tfoot")?.clientHeight ?? 0;
    const inSight = row.offsetTop + row.clientHeight * ROWS_ABOVE <= box.clientHeight - foot;
    if (!inSight) box.scrollTop = row.offsetTop - head - row.clientHeight * ROWS_ABOVE;
  }, [place, ready]);
}
