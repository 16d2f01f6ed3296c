// What does the page's address say? Trader, delivery day, moment of knowledge and opened period: all of the screen.
import { type Failure, impossibleDay, impossiblePosition } from "../api/failure";
import { isDay } from "../market/time";

export interface Address {
  /** null is the whole desk (or, for a trader, the trader). */
  trader: string | null;
  /** null is today in the market's zone. */
  day: string | null;
  /** The log position whose knowledge is shown; null is live. */
  at: string | null;
  /** The label whose deals are open, or "day" for all of them. */
  period: string | null;
}

export const EVERY_PERIOD = "day";

export function readAddress(search: string | URLSearchParams): Address {
  const parameters = new URLSearchParams(search);
  return {
    trader: parameters.get("trader") || null,
    day: parameters.get("day") || null,
    at: parameters.get("at") || null,
    period: parameters.get("period") || null,
  };
}

/** A mistyped day or position is told, never taken for today or live. */
export function impossibleIn({ day, at }: Address): Failure | null {
  if (day !== null && !isDay(day)) return impossibleDay(day);
  if (at !== null && !/^\d{1,19}$/.test(at)) return impossiblePosition(at);
  return null;
}

export function writeAddress(address: Address): string {
  const parameters = new URLSearchParams();
  for (const name of ["trader", "day", "at", "period"] as const) {
    const value = address[name];
    if (value !== null) parameters.set(name, value);
  }
  const search = parameters.toString();
  return search ? `/?${search}` : "/";
}
