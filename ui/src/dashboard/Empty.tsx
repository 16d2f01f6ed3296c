// Why are there no figures? Because nothing was dealt, because nothing could have arrived, or because it is not known.
import { whole } from "../format";
import type { PerformancePartsFragment } from "../gql/graphql";
import { completenessOf } from "../health/complete";
import { usePulse } from "../health/PulseContext";
import { useMarket } from "../market/MarketContext";
import { dayName, momentSeenFrom } from "../market/time";
import classes from "./dashboard.module.css";
import type { Selection } from "./selection";

export function Empty({
  selection,
  performance,
}: {
  selection: Selection;
  performance: PerformancePartsFragment;
}) {
  const { day, today, traderId, at } = selection;
  const { health, freshness } = usePulse();
  const { market } = useMarket();
  const whose = traderId === null ? "" : ` of ${traderId}`;
  const complete = completenessOf(performance.knowledge, at === null ? health : null, freshness);
  const moment = (time: string) => momentSeenFrom(market.timeZone, time, today);
  const connected = health?.feeds.some((feed) => feed.state === "CONNECTED");
  const why =
    at !== null
      ? performance.knowledge.recordedAt
        ? `None was known at position ${whole(at)}.`
        : "This is before the first event: nothing was known."
      : complete.is === "never connected"
        ? `${market.exchange} has never been connected.`
        : complete.is === "missing"
          ? `Deals may be missing since ${moment(complete.since)}.`
          : connected
            ? `The feed is connected and complete up to ${moment(complete.upTo)}.`
            : `The feed is not connected, and complete only up to ${moment(complete.upTo)}.`;
  return (
    <p className={classes.empty} data-field="empty">
      No deals{whose} yet for {dayName(day)}. {why}
    </p>
  );
}
