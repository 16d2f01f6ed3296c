// Does each stretch lie where it was, and can the shortest one be seen?
import { expect, test } from "vitest";
import { placed, spanOf, WIDTH } from "./lanes";

const TO = Date.parse("2023-02-07T12:00:00Z");

test("half a day in the middle of the span lies in the middle", () => {
  const stretch = { start: "2023-02-06T18:00:00Z", end: "2023-02-07T06:00:00Z" };
  expect(placed(stretch, TO, "24h")).toEqual({ x: 250, width: 500 });
});

test("what lasts goes to the right edge, and what began earlier starts at the left one", () => {
  expect(placed({ start: "2023-01-01T00:00:00Z", end: null }, TO, "24h")).toEqual({ x: 0, width: WIDTH });
});

test("what was over before the span is not drawn", () => {
  expect(placed({ start: "2023-02-05T00:00:00Z", end: "2023-02-05T01:00:00Z" }, TO, "24h")).toBeNull();
});

test("a second in a week can be seen, also at the right edge", () => {
  const short = { start: "2023-02-07T11:59:59Z", end: "2023-02-07T12:00:00Z" };
  const place = placed(short, TO, "7d");
  expect(place?.width).toBe(3);
  expect((place?.x ?? 0) + (place?.width ?? 0)).toBe(WIDTH);
});

test("an address without a span shows a day", () => {
  expect([spanOf(null), spanOf("7d"), spanOf("year")]).toEqual(["24h", "7d", "24h"]);
});
