// What must a person know about the feeds and the completeness of the figures, each in its own plain sentence?

import { countOf } from "../format";
import type { PerformancePartsFragment } from "../gql/graphql";
import { age, momentSeenFrom } from "../market/time";
import { completenessOf, laterOf } from "./complete";
import type { Freshness } from "./freshness";
import type { Health } from "./useHealth";

export type Severity = "warning" | "notice";

export interface Sentence {
  about: "stale" | "exchange" | "incomplete" | "rejections" | "prices" | "lines";
  severity: Severity;
  text: string;
  /** Where one can read more. */
  link?: { text: string; address: string };
}

/** Twice the usual time between two questions, so that one missed answer is not yet a warning. */
const PRICES_OLD_AFTER_MS = 20 * 60_000;

export interface Circumstances {
  zone: string;
  today: string;
  now: number;
  exchange: string;
  freshness: Freshness;
  health: Health | null;
  performance: PerformancePartsFragment | null;
  live: boolean;
}

export function sentencesOf(given: Circumstances): Sentence[] {
  return [...ofStream(given), ...ofExchange(given), ...ofFigures(given), ...ofPrices(given)];
}

function ofStream({ freshness, performance, live, zone, today }: Circumstances): Sentence[] {
  if (!live || !freshness.muted) return [];
  const moment = freshness.currentAt && laterOf(freshness.currentAt, performance?.knowledge.recordedAt);
  const text = moment
    ? `Data as of ${momentSeenFrom(zone, moment, today)}, reconnecting…`
    : "Live updates have not started, the figures may be old. Connecting…";
  return [{ about: "stale", severity: "warning", text }];
}

function ofExchange({ health, freshness, exchange, live, zone, today }: Circumstances): Sentence[] {
  if (!health || !live || freshness.muted) return [];
  const { feeds } = health;
  const up = feeds.filter((feed) => feed.state === "CONNECTED");
  if (feeds.length > 0 && up.length === feeds.length) return [];
  if (up.length > 0) {
    const text = `${up.length} of ${feeds.length} lines to ${exchange} are connected: deals arrive, without the spare line.`;
    return [{ about: "lines", severity: "notice", text }];
  }
  const since = feeds
    .flatMap((feed) => feed.since ?? [])
    .sort()
    .at(-1);
  if (feeds.every((feed) => feed.state === "NEVER_CONNECTED")) {
    const text = `${exchange} has never been connected: no deal can have arrived.`;
    return [{ about: "exchange", severity: "warning", text }];
  }
  const when = since ? ` since ${momentSeenFrom(zone, since, today)}` : "";
  const text = `${exchange} has not been connected${when}: deals made from then on are missing here.`;
  return [{ about: "exchange", severity: "warning", text }];
}

function ofFigures({
  performance,
  health,
  live,
  freshness,
  exchange,
  zone,
  today,
}: Circumstances): Sentence[] {
  if (!performance) return [];
  const sentences: Sentence[] = [];
  const complete = completenessOf(performance.knowledge, null, freshness);
  if (complete.is === "missing") {
    const moment = momentSeenFrom(zone, complete.since, today);
    const outages = live ? (health?.untoldOutages ?? 0) : 0;
    const more = outages > 1 ? `, nor in ${countOf(outages - 1, "later stretch", "later stretches")}` : "";
    const text = `Deals may be missing since ${moment}: no line to ${exchange} was open for a while from then on${more}.`;
    const link = { text: "See outages", address: "/health" };
    sentences.push({ about: "incomplete", severity: "warning", text, link });
  }
  if (performance.openRejections > 0) {
    const messages = countOf(performance.openRejections, "message");
    const [contradict, they] =
      performance.openRejections === 1 ? ["contradicts", "it is"] : ["contradict", "they are"];
    const text = `${messages} from the exchange could not be read or ${contradict} a recorded deal; figures may change when ${they} settled.`;
    const link = { text: "See messages", address: "/health" };
    sentences.push({ about: "rejections", severity: "warning", text, link });
  }
  return sentences;
}

function ofPrices({ health, freshness, now, live, zone, today }: Circumstances): Sentence[] {
  if (!health || !live || freshness.muted) return [];
  const fetched = health.referencePriceFetchedAt;
  if (!fetched) {
    return [{ about: "prices", severity: "notice", text: "No reference price has been fetched yet." }];
  }
  const old = now - Date.parse(fetched);
  if (old <= PRICES_OLD_AFTER_MS) return [];
  const text = `Reference prices are old: last fetched at ${momentSeenFrom(zone, fetched, today)}, ${age(old)} ago.`;
  return [{ about: "prices", severity: "warning", text }];
}

/** Each line by itself, for the foot of the page. */
export function lineSentences(health: Health, zone: string, today: string): string[] {
  return health.feeds.map((feed) => {
    if (feed.state === "NEVER_CONNECTED") return `${feed.name} never connected`;
    const state = feed.state === "CONNECTED" ? "connected" : "not connected";
    const since = feed.since ? ` since ${momentSeenFrom(zone, feed.since, today)}` : "";
    const last = feed.lastMessageAt
      ? `, last message ${momentSeenFrom(zone, feed.lastMessageAt, today)}`
      : ", no message yet";
    return `${feed.name} ${state}${since}${last}`;
  });
}
