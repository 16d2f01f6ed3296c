// Which instant is it when the market's clock shows this?
import { dayOf, isDay, timeOfDay } from "./time";

const MS_PER_DAY = 86_400_000;
const WRITTEN = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}(?::\d{2})?)(\.\d{1,3})?$/;

/** The market's clock at an instant, read as if it were UTC. */
const shownAsUtc = (zone: string, instant: number) =>
  Date.parse(`${dayOf(zone, instant)}T${timeOfDay(zone, instant)}Z`);

/**
 * "2026-10-24T17:00" as an RFC 3339 moment. A time that the spring change leaves out is none; of one that the autumn
 * change shows twice, the later: what was known then includes what was known before.
 */
export function instantOf(zone: string, local: string): string | null {
  const [, date, time, fraction] = WRITTEN.exec(local.trim()) ?? [];
  if (!date || !isDay(date)) return null;
  const asUtc = Date.parse(`${date}T${time}Z`);
  if (Number.isNaN(asUtc)) return null;
  const fits = [asUtc - MS_PER_DAY, asUtc + MS_PER_DAY]
    .map((nearby) => asUtc - (shownAsUtc(zone, nearby) - nearby))
    .filter((instant) => shownAsUtc(zone, instant) === asUtc);
  return fits.length === 0 ? null : new Date(Math.max(...fits) + Number(fraction ?? 0) * 1_000).toISOString();
}

/** "2026-01-15 14:03:27", always in 24 hours, for a field where a moment is typed. */
export function localOf(zone: string, instant: number): string {
  return `${dayOf(zone, instant)} ${timeOfDay(zone, instant)}`;
}

/** As `localOf`, to the first millisecond at which what was recorded then is known: never a moment too early. */
export function knownFrom(zone: string, recordedAt: string): string {
  const beyond = /\.\d{3}0*[1-9]/.test(recordedAt) ? 1 : 0;
  const instant = Date.parse(recordedAt) + beyond;
  const fraction = instant % 1_000;
  return localOf(zone, instant) + (fraction === 0 ? "" : `.${String(fraction).padStart(3, "0")}`);
}
