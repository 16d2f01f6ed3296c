// Does the chart find the period under the pointer and leave its prices room above the bars?
import { expect, test } from "vitest";
import { performance } from "../performance/example";
import { dayRange, markAt, marksOf, priceRange } from "./series";

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
