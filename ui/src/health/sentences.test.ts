// Is each trouble said in its own plain sentence, and only when there is one?
import { expect, test } from "vitest";
import { performance } from "../performance/example";
import { completenessOf } from "./complete";
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
  untoldOutages: 0,
  warnings: [],
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
    untold: null,
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

test("a gap says since when deals may be missing and why, and advises nothing that is not there", () => {
  const knowledge = {
    position: "1",
    recordedAt: "2023-02-06T13:00:00Z",
    completeUpTo: "2023-02-06T12:20:11Z",
  };
  expect(texts({ performance: performance({ knowledge }) })).toEqual([
    "Deals may be missing since 13:20:11: no line to epex was open for a while from then on.",
  ]);
  expect(completenessOf(knowledge, health(), LIVE)).toEqual({ is: "missing", since: knowledge.completeUpTo });
});

test("all stretches that no file told are counted, not only the oldest", () => {
  const knowledge = { position: "1", recordedAt: NOW, completeUpTo: "2023-02-06T12:20:11Z" };
  const told = (untoldOutages: number) =>
    texts({ performance: performance({ knowledge }), health: health({ untoldOutages }) })[0];
  expect(told(1)).not.toContain("later");
  expect(told(3)).toContain(", nor in 2 later stretches.");
});

const INCOMPLETE = performance({
  knowledge: { position: "1", recordedAt: NOW, completeUpTo: "2023-02-05T09:00:00Z" },
});

test("an outage that concerns the shown day says from when to when deals of it may be missing", () => {
  const untold = [{ start: "2023-02-06T12:20:11Z", end: "2023-02-06T12:25:00Z" }];
  expect(texts({ performance: INCOMPLETE, untold })).toEqual([
    "Deals of this day may be missing: no line to epex was open from 13:20:11 to 13:25:00.",
  ]);
  const lasts = [{ start: "2023-02-06T12:50:00Z", end: null }, ...untold];
  expect(texts({ performance: INCOMPLETE, untold: lasts })[0]).toContain(
    "open from 13:20:11 to 13:25:00, nor in 1 later stretch.",
  );
  expect(texts({ performance: INCOMPLETE, untold: lasts.slice(0, 1) })[0]).toContain(
    "open from 13:50:00 on.",
  );
});

test("an outage that cannot have cost the shown day a deal is not held against it", () => {
  expect(texts({ performance: INCOMPLETE, untold: [] })).toEqual([]);
});

test("warnings are said in the server's words, the critical ones before everything else", () => {
  const warnings = [
    { level: "WARNING", code: "DISK_SPACE", message: "the disk is nearly full: free some" },
    { level: "CRITICAL", code: "JOURNAL_DAMAGED", message: "A journal cannot be read on." },
  ] as const;
  const feeds = [line("epex/1", "CONNECTED"), line("epex/2", "DISCONNECTED")];
  expect(texts({ health: health({ warnings: [...warnings], feeds }) })).toEqual([
    "A journal cannot be read on.",
    "The disk is nearly full: free some.",
    "1 of 2 lines to epex are connected: deals arrive, without the spare line.",
  ]);
  expect(texts({ health: health({ warnings: [...warnings] }), live: false })).toEqual([]);
});

test("open rejections are counted", () => {
  expect(texts({ performance: performance({ openRejections: 1 }) })).toEqual([
    "1 message from the exchange could not be read or contradicts a recorded deal; figures may change when it is settled.",
  ]);
  expect(texts({ performance: performance({ openRejections: 19 }) })).toEqual([
    "19 messages from the exchange could not be read or contradict a recorded deal; figures may change when they are settled.",
  ]);
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
  expect(texts({ live: false, health: health({ feeds: [line("epex/1", "DISCONNECTED")] }) })).toEqual([]);
});

test("each line is told by itself", () => {
  expect(
    lineSentences(health({ feeds: [line("epex/1", "CONNECTED")] }), "Europe/Berlin", "2023-02-06"),
  ).toEqual(["epex/1 connected since 13:00:00, no message yet"]);
});

test("a log without a gap is complete up to now while a line is connected and every event is in", () => {
  const { knowledge } = performance();
  const recorded = { is: "complete", upTo: knowledge.completeUpTo };
  expect(completenessOf(knowledge, health(), LIVE)).toEqual({ is: "complete", upTo: NOW });
  expect(completenessOf(knowledge, health({ logPosition: "48214" }), LIVE)).toEqual(recorded);
  expect(completenessOf(knowledge, health({ feeds: [] }), LIVE)).toEqual(recorded);
  expect(completenessOf(knowledge, null, LIVE)).toEqual(recorded);
});

test("a heartbeat older than the figures does not date them back", () => {
  const later = "2023-02-06T13:03:28.200Z";
  const knowledge = { position: "2", recordedAt: later, completeUpTo: later };
  expect(completenessOf(knowledge, health(), LIVE)).toEqual({ is: "complete", upTo: later });
  const freshness = { ...LIVE, phase: "stale", muted: true } as const;
  expect(texts({ freshness, performance: performance({ knowledge }) })).toEqual([
    "Data as of 14:03:28, reconnecting…",
  ]);
});

test("a position before the first event says that nothing was known yet", () => {
  const knowledge = { position: "0", recordedAt: null, completeUpTo: null };
  expect(texts({ performance: performance({ knowledge }), live: false })).toEqual([
    "This is before the first event of the log: nothing was known yet.",
  ]);
});
