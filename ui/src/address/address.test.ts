// Does the address hold all of the screen, and nothing that is not one?
import { act, renderHook } from "@testing-library/react";
import { expect, test } from "vitest";
import { impossibleIn, readAddress, writeAddress } from "./address";
import { useAddress } from "./useAddress";

test("an empty address is the whole desk, today, live", () => {
  expect(readAddress("")).toEqual({ trader: null, day: null, at: null, period: null });
  expect(writeAddress(readAddress(""))).toBe("/");
});

test("trader, day, position and period are read and written back the same", () => {
  const search = "?trader=trader_1&day=2023-02-06&at=48213&period=02-03B";
  expect(readAddress(search)).toEqual({
    trader: "trader_1",
    day: "2023-02-06",
    at: "48213",
    period: "02-03B",
  });
  expect(writeAddress(readAddress(search))).toBe(`/${search}`);
});

test("names with spaces and signs survive", () => {
  const address = { trader: "Anna & Björn/2", day: null, at: null, period: "08:15-08:30" };
  expect(readAddress(writeAddress(address).slice(1))).toEqual(address);
});

test.each(["?day=2026-02-31", "?day=today", "?day=2026-2-3"])(
  "%s has no such day, and is not today",
  (search) => {
    expect(impossibleIn(readAddress(search))).toMatchObject({ title: "There is no such day" });
  },
);

test.each(["?at=-1", "?at=1e3", "?at=99999999999999999999"])(
  "%s has no such position, and is not live",
  (search) => {
    expect(impossibleIn(readAddress(search))).toMatchObject({ title: "There is no such position" });
  },
);

test("an address that can be is not refused", () => {
  expect(impossibleIn(readAddress("?day=2024-02-29&at=48213"))).toBeNull();
  expect(impossibleIn(readAddress(""))).toBeNull();
});

test("a change keeps the rest of the address, and going back undoes it", async () => {
  window.history.replaceState(null, "", "/?trader=anna&day=2023-02-06");
  const { result } = renderHook(() => useAddress());
  act(() => result.current[1]({ period: "08-09" }));
  expect(window.location.search).toBe("?trader=anna&day=2023-02-06&period=08-09");
  expect(result.current[0]).toMatchObject({ trader: "anna", period: "08-09" });
});
