// Is the right day of the right trader shown, and does the tab say how it goes?
import { expect, test } from "vitest";
import { readAddress } from "../address/address";
import type { MarketQuery } from "../gql/graphql";
import { figures } from "../performance/example";
import { selectionOf } from "./selection";
import { titleOf } from "./title";

type Viewer = MarketQuery["viewer"];
const DESK: Viewer = { name: "desk", roles: ["TRADER", "ANALYST", "AUDITOR"], traderId: null };
const TRADER: Viewer = { name: "trader_1", roles: ["TRADER"], traderId: "trader_1" };
const TODAY = "2023-02-06";

test("who may see the whole desk starts with it, today and live", () => {
  expect(selectionOf(readAddress(""), DESK, TODAY)).toEqual({
    traderId: null,
    day: TODAY,
    today: TODAY,
    at: null,
  });
});

test("a trader and nothing more starts with own figures", () => {
  expect(selectionOf(readAddress(""), TRADER, TODAY).traderId).toBe("trader_1");
});

test("the address has the last word: what a trader may not see is the server's to refuse", () => {
  expect(selectionOf(readAddress("?trader=trader_2&day=2023-02-07"), TRADER, TODAY)).toMatchObject({
    traderId: "trader_2",
    day: "2023-02-07",
  });
});

test("an analyst with a trader's name still starts with the whole desk", () => {
  expect(
    selectionOf(readAddress(""), { ...TRADER, roles: ["TRADER", "ANALYST"] }, TODAY).traderId,
  ).toBeNull();
});

test("the tab carries the light's sign and the delta", () => {
  expect(titleOf(figures({ light: "GREEN", delta: "0.42" }), "trader_1", false)).toBe(
    "▲ +0.42 · trader_1 · Wattbook",
  );
  expect(titleOf(figures(), "trader_1", false)).toBe("▼ −3.00 · trader_1 · Wattbook");
});

test("a stale tab says stale, and a tab without figures only whose it is", () => {
  expect(titleOf(figures(), "trader_1", true)).toBe("– stale · trader_1 · Wattbook");
  expect(titleOf(null, "whole desk", false)).toBe("whole desk · Wattbook");
});
