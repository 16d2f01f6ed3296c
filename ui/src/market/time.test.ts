// Do moments, days and ages read as on the market's clock?
import { expect, test } from "vitest";
import { addDays, age, clock, dateAndMinute, dayName, dayOf, isDay, momentSeenFrom, timeOfDay } from "./time";

const BERLIN = "Europe/Berlin";

test("a moment is shown in the market's zone, winter and summer", () => {
  expect(clock(BERLIN, "2026-01-15T13:03:27Z")).toBe("14:03:27 CET");
  expect(clock(BERLIN, "2026-07-15T12:03:27Z")).toBe("14:03:27 CEST");
});

test("microseconds in a moment are understood", () => {
  expect(timeOfDay(BERLIN, "2026-01-15T13:03:27.123456Z")).toBe("14:03:27");
});

test("the market's day begins at its own midnight", () => {
  expect(dayOf(BERLIN, "2026-01-15T22:59:59Z")).toBe("2026-01-15");
  expect(dayOf(BERLIN, "2026-01-15T23:00:00Z")).toBe("2026-01-16");
});

test("a moment of another day carries its date", () => {
  expect(momentSeenFrom(BERLIN, "2026-10-24T15:00:00Z", "2026-10-24")).toBe("17:00:00");
  expect(momentSeenFrom(BERLIN, "2026-10-24T15:00:00Z", "2026-10-25")).toBe("24 Oct 17:00:00");
});

test("what changes rarely is told by date and minute", () => {
  expect(dateAndMinute(BERLIN, "2026-10-28T23:00:00Z")).toBe("29 Oct 00:00");
});

test("days go on over month ends, leap days and clock changes", () => {
  expect(addDays("2024-02-28", 1)).toBe("2024-02-29");
  expect(addDays("2026-03-29", 1)).toBe("2026-03-30");
  expect(addDays("2026-01-01", -1)).toBe("2025-12-31");
  expect(dayName("2023-02-06")).toBe("Mon 6 Feb 2023");
});

test("a day that does not exist is no day", () => {
  expect(isDay("2023-02-28")).toBe(true);
  expect(isDay("2023-02-30")).toBe(false);
  expect(isDay("yesterday")).toBe(false);
});

test.each([
  [400, "0.4 s"],
  [12_900, "12 s"],
  [6 * 60_000, "6 min"],
  [3 * 3_600_000, "3 h"],
  [72 * 3_600_000, "3 days"],
  [-500, "0.0 s"],
])("%d ms ago reads %s", (milliseconds, shown) => {
  expect(age(milliseconds)).toBe(shown);
});
