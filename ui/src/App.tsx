// Who is looking at which market? Nothing else can be shown before that is answered.
import { lazy, Suspense, useEffect } from "react";
import { Dashboard } from "./dashboard/Dashboard";
import { Opening } from "./dashboard/Opening";
import { PulseContext } from "./health/PulseContext";
import { useHealth } from "./health/useHealth";
import { MarketContext } from "./market/MarketContext";
import { useOpening } from "./market/useOpening";
import { PreferencesContext, usePreferencesStore } from "./preferences/preferences";

export function App() {
  const preferences = usePreferencesStore();
  const { market, failure } = useOpening();
  useEffect(() => {
    document.documentElement.dataset.palette = preferences.palette;
  }, [preferences.palette]);
  return (
    <PreferencesContext value={preferences}>
      {market === null ? (
        <Opening failure={failure} />
      ) : (
        <MarketContext value={market}>
          <Pulsing />
        </MarketContext>
      )}
    </PreferencesContext>
  );
}

/** Fetched when somebody goes there; every other address is the dashboard's. */
const PAGES = new Map([
  ["/compare", lazy(() => import("./compare/ComparePage"))],
  ["/health", lazy(() => import("./outages/HealthPage"))],
  ["/events", lazy(() => import("./events/EventsPage"))],
  ["/reports", lazy(() => import("./reports/ReportsPage"))],
]);

function Pulsing() {
  const pulse = useHealth();
  const Page = PAGES.get(window.location.pathname) ?? Dashboard;
  return (
    <PulseContext value={pulse}>
      <Suspense>
        <Page />
      </Suspense>
    </PulseContext>
  );
}
