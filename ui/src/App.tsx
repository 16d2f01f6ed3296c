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

const HealthPage = lazy(() => import("./outages/HealthPage"));

function Pulsing() {
  const pulse = useHealth();
  return (
    <PulseContext value={pulse}>
      {window.location.pathname === "/health" ? (
        <Suspense>
          <HealthPage />
        </Suspense>
      ) : (
        <Dashboard />
      )}
    </PulseContext>
  );
}
