// How old is the last word of the exchange, and how old are the reference prices?
import { useMarket } from "../market/MarketContext";
import { age } from "../market/time";
import classes from "./health.module.css";
import { usePulse, useServerNow } from "./PulseContext";

export function Ages() {
  const { health, freshness } = usePulse();
  const { exchange } = useMarket().market;
  const now = useServerNow();
  if (!health) return null;
  const last = health.feeds
    .flatMap((feed) => feed.lastMessageAt ?? [])
    .sort()
    .at(-1);
  const down = !health.feeds.some((feed) => feed.state === "CONNECTED");
  const fetched = health.referencePriceFetchedAt;
  return (
    <span className={classes.ages} data-muted={freshness.muted || undefined}>
      <span data-field="exchangeAge" data-warning={down || undefined} title={`Last message of ${exchange}`}>
        exchange {down ? "down" : last ? age(now - Date.parse(last)) : "silent"}
      </span>
      {" · "}
      <span data-field="pricesAge" title="Last answer of the market-data provider">
        prices {fetched ? age(now - Date.parse(fetched)) : "—"}
      </span>
    </span>
  );
}
