// Up to which moment is nothing known to be missing?
import type { PerformancePartsFragment } from "../gql/graphql";
import type { Freshness } from "./freshness";
import type { Health } from "./useHealth";

/**
 * Without a gap the log is complete up to its last event, and while a line is connected, every event is in and the
 * heartbeat is fresh, also up to now: had a deal been made since, there would be a later event.
 */
export function completeUpTo(
  knowledge: PerformancePartsFragment["knowledge"],
  health: Health | null,
  freshness: Freshness,
): string | null {
  const { completeUpTo: recorded, recordedAt } = knowledge;
  if (!recorded) return null;
  const gapless =
    recordedAt !== null && recordedAt !== undefined && Date.parse(recorded) >= Date.parse(recordedAt);
  const level = health !== null && health.logPosition === health.projectionPosition;
  const connected = health?.feeds.some((feed) => feed.state === "CONNECTED") ?? false;
  if (gapless && level && connected && freshness.phase === "live") return freshness.currentAt ?? recorded;
  return recorded;
}
