// Does the page say live only when it is?
import { describe, expect, test } from "vitest";
import { type Freshness, type FreshnessEvent, next, opened } from "./freshness";

const beat = (at: number): FreshnessEvent => ({ type: "heartbeat", at, serverTime: `server ${at}` });
const tick = (at: number): FreshnessEvent => ({ type: "tick", at });
const after = (...events: FreshnessEvent[]): Freshness => events.reduce(next, opened(0));
const live = (at = 100): Freshness => after(beat(at), { type: "caught up", check: 1 });

test("a page that has just opened is connecting, and its figures are not muted", () => {
  expect(opened(0)).toMatchObject({ phase: "connecting", muted: false });
});

test("the first heartbeat asks for the figures again, and only their answer makes the page live", () => {
  expect(after(beat(100))).toMatchObject({ phase: "checking", check: 1 });
  expect(live()).toMatchObject({ phase: "live", muted: false, currentAt: "server 100" });
});

test("an answer to an older question does not make the page live", () => {
  const stale = next(live(), tick(7_000));
  const back = next(stale, beat(8_000));
  expect(next(back, { type: "caught up", check: 1 })).toMatchObject({ phase: "checking", muted: true });
  expect(next(back, { type: "caught up", check: 2 })).toMatchObject({ phase: "live", muted: false });
});

describe("without a heartbeat", () => {
  test("six seconds are still live, and a moment more is stale and muted", () => {
    expect(next(live(0), tick(6_000)).phase).toBe("live");
    expect(next(live(0), tick(6_001))).toMatchObject({ phase: "stale", muted: true });
  });

  test("the moment of the last current figures is kept", () => {
    const later = next(next(live(), beat(2_100)), tick(9_000));
    expect(later.currentAt).toBe("server 2100");
    expect(next(later, beat(10_000)).currentAt).toBe("server 2100");
  });

  test("a page that never heard one becomes stale as well", () => {
    expect(after(tick(6_001))).toMatchObject({ phase: "stale", muted: true, currentAt: null });
  });
});

test("a stream that drops and is back within six seconds never mutes the figures", () => {
  const dropped = next(live(), { type: "dropped" });
  expect(dropped).toMatchObject({ phase: "connecting", muted: false });
  expect(next(dropped, beat(3_000))).toMatchObject({ phase: "checking", muted: false });
});

test("a dropped stream that is away for longer becomes stale", () => {
  expect(next(next(live(), { type: "dropped" }), tick(6_200)).phase).toBe("stale");
});

test("a page that wakes soon asks again before it says live", () => {
  expect(next(live(), { type: "woke", at: 2_000 })).toMatchObject({
    phase: "checking",
    muted: false,
    check: 2,
  });
});

test("a page that wakes after a long sleep is stale at once", () => {
  expect(next(live(), { type: "woke", at: 3_600_000 })).toMatchObject({ phase: "stale", muted: true });
});

test("figures stay muted while a stale page checks", () => {
  expect(next(next(live(), tick(7_000)), beat(8_000))).toMatchObject({ phase: "checking", muted: true });
});
