// Is a time on the market's clock taken for the right instant, also around the clock changes?
import { expect, test } from "vitest";
import { instantOf, knownFrom, localOf } from "./instant";

const BERLIN = "Europe/Berlin";

test.each([
  ["2026-01-15T14:03:27", "2026-01-15T13:03:27.000Z"],
  ["2026-07-15T14:03", "2026-07-15T12:03:00.000Z"],
  ["2026-03-29T03:00", "2026-03-29T01:00:00.000Z"],
  ["2026-10-25T03:00", "2026-10-25T02:00:00.000Z"],
])("%s is %s", (local, instant) => {
  expect(instantOf(BERLIN, local)).toBe(instant);
});

test("a time that the spring change leaves out is none", () => {
  expect(instantOf(BERLIN, "2026-03-29T02:30")).toBeNull();
});

test("of a time that the autumn change shows twice it is the later", () => {
  expect(instantOf(BERLIN, "2026-10-25T02:30")).toBe("2026-10-25T01:30:00.000Z");
});

test("an empty field is no instant", () => {
  expect(instantOf(BERLIN, "")).toBeNull();
});

test("an instant is written as the field expects it", () => {
  expect(localOf(BERLIN, Date.parse("2026-01-15T13:03:27Z"))).toBe("2026-01-15 14:03:27");
});

test("a moment of the log is offered in 24 hours and leads back to what was known then", () => {
  expect(knownFrom(BERLIN, "2026-01-15T22:03:27Z")).toBe("2026-01-15 23:03:27");
  expect(knownFrom(BERLIN, "2026-01-15T22:03:27.005471Z")).toBe("2026-01-15 23:03:27.006");
  expect(instantOf(BERLIN, "2026-01-15 23:03:27.006")).toBe("2026-01-15T22:03:27.006Z");
});

test.each(["15.1.2026 14:03", "2026-02-31 14:03", "2026-01-15 25:00", "now"])("%s is no instant", (local) => {
  expect(instantOf(BERLIN, local)).toBeNull();
});
