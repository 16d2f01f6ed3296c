// What is on the screen? The header, and below it the day that the address asks for.
import { lazy, Suspense, useState } from "react";
import { impossibleIn } from "../address/address";
import { useAddress } from "../address/useAddress";
import { Header } from "../header/Header";
import { usePulse, useServerNow } from "../health/PulseContext";
import { useMarket } from "../market/MarketContext";
import { dayOf } from "../market/time";
import { DayView } from "./DayView";
import classes from "./dashboard.module.css";
import { FailureNotice } from "./FailureNotice";
import { selectionOf } from "./selection";

const Help = lazy(() => import("../keyboard/Help"));

export function Dashboard() {
  const { market, viewer } = useMarket();
  const [address, go] = useAddress();
  const [helping, setHelping] = useState(false);
  const now = useServerNow();
  // Until the first heartbeat only the server's own word for today is known; after it, midnight is noticed.
  const today = usePulse().health === null ? market.today : dayOf(market.timeZone, now);
  const impossible = impossibleIn(address);
  const possible = impossible ? { ...address, day: null, at: null } : address;
  const selection = selectionOf(possible, viewer, today);
  const { traderId, day, at } = selection;
  return (
    <div className={classes.page}>
      <Header selection={selection} go={go} showHelp={() => setHelping((before) => !before)} />
      {impossible ? (
        <main className={classes.main}>
          <FailureNotice failure={impossible} go={go} />
        </main>
      ) : (
        <DayView key={`${traderId} ${day} ${at}`} selection={selection} period={address.period} go={go} />
      )}
      {helping && (
        <Suspense>
          <Help close={() => setHelping(false)} />
        </Suspense>
      )}
    </div>
  );
}
