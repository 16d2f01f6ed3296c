// Is anything known to be missing, and if not, up to which moment?
import type { PerformancePartsFragment } from "../gql/graphql";
import type { Freshness } from "./freshness";
import type { Health } from "./useHealth";

export type Completeness =
  | { is: "complete"; upTo: string }
  /** No line to the exchange was open for a while from then on. */
  | { is: "missing"; since: string }
  | { is: "never connected" };

type Knowledge = PerformancePartsFragment["knowledge"];

/**
 * Without a gap the log is complete up to its last event, and while a line is connected, every event is in and the
 * heartbeat is fresh, also up to now: had a deal been made since, there would be a later event.
 */
export function completenessOf(
  { completeUpTo, recordedAt }: Knowledge,
  health: Health | null,
  freshness: Freshness,
): Completeness {
  if (!completeUpTo) return { is: "never connected" };
  if (recordedAt && Date.parse(completeUpTo) < Date.parse(recordedAt)) {
    return { is: "missing", since: completeUpTo };
  }
  const level = health !== null && health.logPosition === health.projectionPosition;
  const connected = health?.feeds.some((feed) => feed.state === "CONNECTED") ?? false;
  const current = level && connected && freshness.phase === "live" ? freshness.currentAt : null;
  return { is: "complete", upTo: laterOf(completeUpTo, current) };
}

/** A heartbeat may be older than an event that came in after it. */
export function laterOf(one: string, other: string | null | undefined): string {
  return other && Date.parse(other) > Date.parse(one) ? other : one;
}
