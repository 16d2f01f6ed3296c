// Who is looking at which market? Nothing else can be shown before that is answered.
import { useEffect } from "react";
import { useQuery } from "urql";
import { failureOf } from "./api/failure";
import { Dashboard } from "./dashboard/Dashboard";
import classes from "./dashboard/dashboard.module.css";
import { PulseContext } from "./health/PulseContext";
import { useHealth } from "./health/useHealth";
import { MarketContext, MarketDocument } from "./market/MarketContext";
import { PreferencesContext, usePreferencesStore } from "./preferences/preferences";

const AGAIN_AFTER_MS = 2_000;

export function App() {
  const preferences = usePreferencesStore();
  useEffect(() => {
    document.documentElement.dataset.palette = preferences.palette;
  }, [preferences.palette]);
  return (
    <PreferencesContext value={preferences}>
      <Opening />
    </PreferencesContext>
  );
}

function Opening() {
  const [market, ask] = useQuery({ query: MarketDocument });
  const failure = market.error && !market.data ? failureOf(market.error) : null;
  const again = failure !== null && !market.fetching;
  useEffect(() => {
    if (!again) return;
    const timer = window.setTimeout(() => ask(), AGAIN_AFTER_MS);
    return () => window.clearTimeout(timer);
  }, [again, ask]);

  if (market.data) {
    return (
      <MarketContext value={market.data}>
        <Pulsing />
      </MarketContext>
    );
  }
  if (!failure) return <main className={classes.main} aria-busy="true" />;
  return (
    <main className={classes.main}>
      <section className={classes.failure} role="alert" data-failure={failure.kind}>
        <h1>{failure.title}</h1>
        <p>{failure.advice}</p>
      </section>
    </main>
  );
}

function Pulsing() {
  const pulse = useHealth();
  return (
    <PulseContext value={pulse}>
      <Dashboard />
    </PulseContext>
  );
}
