// What is on the screen? The header, and below it the day that the address asks for.
import { lazy, Suspense, useState } from "react";
import { useAddress } from "../address/useAddress";
import { Header } from "../header/Header";
import { usePulse, useServerNow } from "../health/PulseContext";
import { useMarket } from "../market/MarketContext";
import { dayOf } from "../market/time";
import { DayView } from "./DayView";
import classes from "./dashboard.module.css";
import { selectionOf } from "./selection";

const Help = lazy(() => import("../keyboard/Help"));

export function Dashboard() {
  const { market, viewer } = useMarket();
  const [address, go] = useAddress();
  const [helping, setHelping] = useState(false);
  const now = useServerNow();
  // Until the first heartbeat only the server's own word for today is known; after it, midnight is noticed.
  const today = usePulse().health === null ? market.today : dayOf(market.timeZone, now);
  const selection = selectionOf(address, viewer, today);
  const { traderId, day, at } = selection;
  return (
    <div className={classes.page}>
      <Header selection={selection} go={go} showHelp={() => setHelping((before) => !before)} />
      <DayView key={`${traderId} ${day} ${at}`} selection={selection} period={address.period} go={go} />
      {helping && (
        <Suspense>
          <Help close={() => setHelping(false)} />
        </Suspense>
      )}
    </div>
  );
}
