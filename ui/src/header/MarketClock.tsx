// What time is it for the market?
import { usePulse, useServerNow } from "../health/PulseContext";
import { useMarket } from "../market/MarketContext";
import { clock } from "../market/time";
import classes from "./header.module.css";

export function MarketClock() {
  const now = useServerNow();
  const { health, freshness } = usePulse();
  const zone = useMarket().market.timeZone;
  return (
    <span className={classes.clock} data-field="clock" data-muted={freshness.muted || undefined} title={zone}>
      {health === null ? "—" : clock(zone, now)}
    </span>
  );
}
