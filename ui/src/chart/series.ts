// What does the chart of the day draw? Its numbers place pixels; every figure that is read is formatted from its text.
import type { PerformancePartsFragment } from "../gql/graphql";
import { type Shape, sightOf } from "../light/light";
import { timeOfDay } from "../market/time";

const SECONDS_PER_HOUR = 3_600;

export interface Mark {
  label: string;
  /** Unix seconds. */
  start: number;
  end: number;
  average: number | null;
  reference: number | null;
  bought: number;
  sold: number;
  shape: Shape;
}

export function marksOf(performance: PerformancePartsFragment, stale: boolean): Mark[] {
  return performance.periods.map(({ period, figures }) => ({
    label: period.label,
    start: Date.parse(period.start) / 1000,
    end: Date.parse(period.end) / 1000,
    average:
      figures.averagePrice === null || figures.averagePrice === undefined
        ? null
        : Number(figures.averagePrice),
    reference:
      figures.referencePrice === null || figures.referencePrice === undefined
        ? null
        : Number(figures.referencePrice),
    bought: Number(figures.boughtMwh),
    sold: Number(figures.soldMwh),
    shape: sightOf(figures.light, figures.lightReason, stale).shape,
  }));
}

/** The whole day, also where its last row is a quarter-hour that ends before it. */
export function dayRange(marks: readonly Mark[]): [number, number] {
  if (marks.length === 0) return [0, 1];
  return [Math.min(...marks.map((mark) => mark.start)), Math.max(...marks.map((mark) => mark.end))];
}

const pricesOf = (marks: readonly Mark[]) =>
  marks.flatMap((mark) => [mark.average, mark.reference]).filter((price) => price !== null);

/** Prices have the upper two thirds, with room so that no mark touches the frame. */
export function priceRange(marks: readonly Mark[]): [number, number] {
  const prices = pricesOf(marks);
  if (prices.length === 0) return [-50, 100];
  const low = Math.min(...prices);
  const high = Math.max(...prices);
  const span = Math.max(high - low, 2);
  return [low - span * 0.9, high + span * 0.12];
}

/** Round prices from just below the lowest one up. */
export function priceTicks(marks: readonly Mark[], high: number, step: number): number[] {
  const prices = pricesOf(marks);
  const lowest = prices.length === 0 ? 0 : Math.min(...prices);
  const ticks: number[] = [];
  for (let tick = Math.ceil((lowest - step / 4) / step) * step; tick <= high; tick += step)
    ticks.push(tick || 0);
  return ticks;
}

/**
 * The reference's steps, hours and shorter periods apart: a quarter-hour's price lies over its hour and does not end
 * the hour's line.
 */
export function stepsOf(marks: readonly Mark[]): { hours: Mark[]; parts: Mark[] } {
  const priced = marks.filter((mark) => mark.reference !== null);
  const isHour = (mark: Mark) => mark.end - mark.start >= SECONDS_PER_HOUR;
  return { hours: priced.filter(isHour), parts: priced.filter((mark) => !isHour(mark)) };
}

/** "02:00", and "02:00 A" and "02:00 B" where the clock shows the hour twice. */
export function hourName(marks: readonly Mark[], zone: string, second: number): string {
  const letter = marks.find((mark) => mark.start === second)?.label.match(/[AB]$/)?.[0];
  const time = timeOfDay(zone, second * 1000).slice(0, 5);
  return letter ? `${time} ${letter}` : time;
}

/** Bars stand in the lowest third: bought upwards from the zero line, sold downwards. */
export function energyRange(marks: readonly Mark[]): [number, number] {
  const most = mostEnergy(marks);
  return [-most * 1.15, most * 5];
}

/** Never zero: an axis needs a length also where nothing was traded. */
export function mostEnergy(marks: readonly Mark[]): number {
  return Math.max(1, ...marks.map((mark) => Math.max(mark.bought, mark.sold)));
}

export function energyTicks(marks: readonly Mark[]): number[] {
  if (!marks.some((mark) => mark.bought > 0 || mark.sold > 0)) return [];
  const most = mostEnergy(marks);
  return [-most, 0, most];
}

/** The shortest period under a moment: a quarter-hour lies over its hour. */
export function markAt(marks: readonly Mark[], second: number): Mark | null {
  let found: Mark | null = null;
  for (const mark of marks) {
    if (second < mark.start || second >= mark.end) continue;
    if (!found || mark.end - mark.start < found.end - found.start) found = mark;
  }
  return found;
}
