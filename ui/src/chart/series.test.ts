// Does the chart find the period under the pointer and leave its prices room above the bars?
import { expect, test } from "vitest";
import { performance } from "../performance/example";
import {
  dayRange,
  energyRange,
  hourName,
  type Mark,
  markAt,
  marksOf,
  mostEnergy,
  priceRange,
  stepsOf,
} from "./series";

const marks = marksOf(performance(), false);

test("a quarter-hour lies over its hour", () => {
  const second = Date.parse("2023-02-06T07:20:00Z") / 1000;
  expect(markAt(marks, second)?.label).toBe("08:15-08:30");
  expect(markAt(marks, second + 1200)?.label).toBe("08-09");
  expect(markAt(marks, 0)).toBeNull();
});

test("an unknown average is no mark, not a zero", () => {
  expect(marks.find((mark) => mark.label === "09-10")?.average).toBeNull();
});

test("stale marks have no verdict", () => {
  expect(new Set(marksOf(performance(), true).map((mark) => mark.shape))).toEqual(new Set(["unknown"]));
});

test("the day reaches to the end of its last hour", () => {
  expect(dayRange(marks)).toEqual([
    Date.parse("2023-02-06T07:00:00Z") / 1000,
    Date.parse("2023-02-06T09:00:00Z") / 1000,
  ]);
});

test("all prices are inside the range, negative ones too", () => {
  const [low, high] = priceRange([{ ...(marks[0] as (typeof marks)[0]), average: -40, reference: 12 }]);
  expect(low).toBeLessThan(-40);
  expect(high).toBeGreaterThan(12);
});

test("a quarter-hour does not break the line of the hours", () => {
  const { hours, parts } = stepsOf(marks);
  expect(hours.map((mark) => mark.label)).toEqual(["08-09", "09-10"]);
  expect(hours[0]?.end).toBe(hours[1]?.start);
  expect(parts.map((mark) => mark.label)).toEqual(["08:15-08:30"]);
});

test("the hour that the clock shows twice has its letters", () => {
  const at = (label: string, start: string): Mark => ({
    ...(marks[0] as Mark),
    label,
    start: Date.parse(start) / 1000,
  });
  const doubled = [at("02-03A", "2026-10-25T00:00:00Z"), at("02-03B", "2026-10-25T01:00:00Z")];
  expect(doubled.map((mark) => hourName(doubled, "Europe/Berlin", mark.start))).toEqual([
    "02:00 A",
    "02:00 B",
  ]);
  expect(hourName(doubled, "Europe/Berlin", Date.parse("2026-10-25T02:00:00Z") / 1000)).toBe("03:00");
});

test.each([-40, 12])("the lowest mark, at %d, stands clear of the highest bar", (average) => {
  const drawn = [{ ...(marks[0] as Mark), average, reference: 90 }];
  const share = ([low, high]: [number, number], value: number) => (value - low) / (high - low);
  const bar = share(energyRange(drawn), mostEnergy(drawn));
  expect(share(priceRange(drawn), average)).toBeGreaterThan(bar + 0.06);
});
