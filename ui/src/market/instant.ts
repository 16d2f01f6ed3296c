// Which instant is it when the market's clock shows this?
import { dayOf, timeOfDay } from "./time";

const MS_PER_DAY = 86_400_000;

/** The market's clock at an instant, read as if it were UTC. */
const shownAsUtc = (zone: string, instant: number) =>
  Date.parse(`${dayOf(zone, instant)}T${timeOfDay(zone, instant)}Z`);

/**
 * "2026-10-24T17:00" as an RFC 3339 moment. A time that the spring change leaves out is none; of one that the autumn
 * change shows twice, the later: what was known then includes what was known before.
 */
export function instantOf(zone: string, local: string): string | null {
  const asUtc = Date.parse(`${local}Z`);
  if (Number.isNaN(asUtc)) return null;
  const fits = [asUtc - MS_PER_DAY, asUtc + MS_PER_DAY]
    .map((nearby) => asUtc - (shownAsUtc(zone, nearby) - nearby))
    .filter((instant) => shownAsUtc(zone, instant) === asUtc);
  return fits.length === 0 ? null : new Date(Math.max(...fits)).toISOString();
}

/** What a field for the market's date and time starts with. */
export function localOf(zone: string, instant: number): string {
  return `${dayOf(zone, instant)}T${timeOfDay(zone, instant)}`;
}
