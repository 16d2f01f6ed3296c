// Is each trouble said in its own plain sentence, and only when there is one?
import { expect, test } from "vitest";
import { performance } from "../performance/example";
import { completeUpTo } from "./complete";
import { type Freshness, opened } from "./freshness";
import { type Circumstances, lineSentences, sentencesOf } from "./sentences";
import type { Health } from "./useHealth";

const NOW = "2023-02-06T13:03:27Z";
const LIVE: Freshness = { ...opened(0), phase: "live", currentAt: NOW };
const line = (name: string, state: Health["feeds"][number]["state"]) => ({
  name,
  state,
  since: "2023-02-06T12:00:00Z",
  lastMessageAt: null,
});
const health = (change: Partial<Health> = {}): Health => ({
  serverTime: NOW,
  feeds: [line("epex/1", "CONNECTED"), line("epex/2", "CONNECTED")],
  logPosition: "48213",
  projectionPosition: "48213",
  referencePriceFetchedAt: "2023-02-06T12:57:00Z",
  openRejections: 0,
  ...change,
});
const texts = (change: Partial<Circumstances> = {}) =>
  sentencesOf({
    zone: "Europe/Berlin",
    today: "2023-02-06",
    now: Date.parse(NOW),
    exchange: "epex",
    freshness: LIVE,
    health: health(),
    performance: performance(),
    live: true,
    ...change,
  }).map((sentence) => sentence.text);

test("all is well, so nothing is said", () => {
  expect(texts()).toEqual([]);
});

test("stale figures say as of when", () => {
  expect(texts({ freshness: { ...LIVE, phase: "stale", muted: true } })).toEqual([
    "Data as of 14:03:27, reconnecting…",
  ]);
});

test("an exchange without any line says since when deals are missing", () => {
  const feeds = [line("epex/1", "DISCONNECTED"), line("epex/2", "DISCONNECTED")];
  expect(texts({ health: health({ feeds }) })[0]).toContain("epex has not been connected since 13:00:00");
});

test("one line of two is a notice, not a warning", () => {
  const feeds = [line("epex/1", "CONNECTED"), line("epex/2", "DISCONNECTED")];
  expect(texts({ health: health({ feeds }) })).toEqual([
    "1 of 2 lines to epex are connected: deals arrive, without the spare line.",
  ]);
});

test("a gap that no day file covers says up to when the figures are complete", () => {
  const knowledge = {
    position: "1",
    recordedAt: "2023-02-06T13:00:00Z",
    completeUpTo: "2023-02-06T12:20:11Z",
  };
  expect(texts({ performance: performance({ knowledge }) })[0]).toMatch(/^Complete up to 13:20:11:/);
});

test("open rejections are counted", () => {
  expect(texts({ performance: performance({ openRejections: 1 }) })[0]).toMatch(
    /^1 message that may concern/,
  );
  expect(texts({ performance: performance({ openRejections: 2 }) })[0]).toMatch(
    /^2 messages that may concern/,
  );
});

test("reference prices are old after twenty minutes", () => {
  expect(texts({ health: health({ referencePriceFetchedAt: "2023-02-06T12:43:27Z" }) })).toEqual([]);
  expect(texts({ health: health({ referencePriceFetchedAt: "2023-02-06T12:20:00Z" }) })).toEqual([
    "Reference prices are old: last fetched at 13:20:00, 43 min ago.",
  ]);
});

test("the past has no stream and no ages to warn of", () => {
  const freshness = { ...LIVE, phase: "stale", muted: true } as const;
  expect(texts({ live: false, freshness, health: health({ referencePriceFetchedAt: null }) })).toEqual([]);
});

test("each line is told by itself", () => {
  expect(
    lineSentences(health({ feeds: [line("epex/1", "CONNECTED")] }), "Europe/Berlin", "2023-02-06"),
  ).toEqual(["epex/1 connected since 13:00:00, no message yet"]);
});

test("a log without a gap is complete up to now while a line is connected and every event is in", () => {
  const { knowledge } = performance();
  expect(completeUpTo(knowledge, health(), LIVE)).toBe(NOW);
  expect(completeUpTo(knowledge, health({ logPosition: "48214" }), LIVE)).toBe(knowledge.completeUpTo);
  expect(completeUpTo(knowledge, health({ feeds: [] }), LIVE)).toBe(knowledge.completeUpTo);
  expect(completeUpTo(knowledge, null, LIVE)).toBe(knowledge.completeUpTo);
});
