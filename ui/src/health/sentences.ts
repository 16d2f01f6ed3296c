// What must a person know about the feeds and the completeness of the figures, each in its own plain sentence?

import { countOf } from "../format";
import type { PerformancePartsFragment, UntoldQuery } from "../gql/graphql";
import { age, momentSeenFrom } from "../market/time";
import { completenessOf, laterOf } from "./complete";
import type { Freshness } from "./freshness";
import type { Health } from "./useHealth";

/** The most severe first. */
const SEVERITIES = ["critical", "warning", "notice"] as const;
export type Severity = (typeof SEVERITIES)[number];

export interface Sentence {
  about: "stale" | "exchange" | "incomplete" | "rejections" | "prices" | "lines" | `warning ${string}`;
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
  /** Outages that may have cost the shown day deals, newest first; null where that could not be told. */
  untold: UntoldQuery["outages"] | null;
  live: boolean;
}

export function sentencesOf(given: Circumstances): Sentence[] {
  const { health, live, freshness } = given;
  const warnings = health && live && !freshness.muted ? warningSentences(health) : [];
  const all = [
    ...ofStream(given),
    ...ofExchange(given),
    ...ofFigures(given),
    ...warnings,
    ...ofPrices(given),
  ];
  return SEVERITIES.flatMap((severity) => all.filter((each) => each.severity === severity));
}

/** What a person must do something about: the server's own words. */
export function warningSentences({ warnings }: Pick<Health, "warnings">): Sentence[] {
  return warnings.map(({ level, code, message }) => ({
    about: `warning ${code}`,
    severity: level === "CRITICAL" ? "critical" : "warning",
    text: `${message.charAt(0).toUpperCase()}${message.slice(1).replace(/(?<![.!?…])$/, ".")}`,
  }));
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
  untold,
  live,
  freshness,
  exchange,
  zone,
  today,
}: Circumstances): Sentence[] {
  if (!performance) return [];
  const sentences: Sentence[] = [];
  if (!live && !performance.knowledge.recordedAt) {
    const text = "This is before the first event of the log: nothing was known yet.";
    sentences.push({ about: "incomplete", severity: "notice", text });
  }
  const complete = completenessOf(performance.knowledge, null, freshness);
  const link = { text: "See outages", address: "/health" };
  const moment = (time: string) => momentSeenFrom(zone, time, today);
  const oldest = untold?.at(-1);
  if (untold && oldest) {
    const more = untold.length - 1;
    const stretch = `from ${moment(oldest.start)} ${oldest.end ? `to ${moment(oldest.end)}` : "on"}`;
    const others = more > 0 ? `, nor in ${countOf(more, "later stretch", "later stretches")}` : "";
    const text = `Deals of this day may be missing: no line to ${exchange} was open ${stretch}${others}.`;
    sentences.push({ about: "incomplete", severity: "warning", text, link });
  } else if (untold === null && complete.is === "missing") {
    const outages = live ? (health?.untoldOutages ?? 0) : 0;
    const more = outages > 1 ? `, nor in ${countOf(outages - 1, "later stretch", "later stretches")}` : "";
    const text = `Deals may be missing since ${moment(complete.since)}: no line to ${exchange} was open for a while from then on${more}.`;
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
