// How did this trader (or the desk) do on this day: right, how much, where, and on a click why?
import { useMediaQuery } from "@mantine/hooks";
import { lazy, Suspense, useCallback, useEffect, useRef } from "react";
import type { Address } from "../address/address";
import { repairLanguage } from "../chart/language";
import { Banners } from "../health/Banners";
import { Foot } from "../health/Foot";
import { usePulse, useServerNow } from "../health/PulseContext";
import { sentencesOf } from "../health/sentences";
import { useUntold } from "../health/useUntold";
import { useRowKeys } from "../keyboard/useRowKeys";
import { useMarket } from "../market/MarketContext";
import { Cards } from "../performance/Cards";
import { Headline } from "../performance/Headline";
import summary from "../performance/performance.module.css";
import { usePerformance } from "../performance/usePerformance";
import { PeriodList } from "../periods/PeriodList";
import { PeriodTable } from "../periods/PeriodTable";
import { useStartAtNow } from "../periods/useStartAtNow";
import classes from "./dashboard.module.css";
import { Empty } from "./Empty";
import { FailureNotice } from "./FailureNotice";
import { Fence } from "./Fence";
import { Skeleton } from "./Skeleton";
import type { Selection } from "./selection";
import { titleOf } from "./title";

// The chart follows right after the first paint; the deals are fetched when somebody asks for them.
const DayChart = lazy(() => {
  repairLanguage(navigator);
  return import("../chart/DayChart");
});
const DealsPanel = lazy(() => import("../deals/DealsPanel"));

interface DayViewProps {
  selection: Selection;
  period: string | null;
  go: (change: Partial<Address>) => void;
}

export function DayView({ selection, period, go }: DayViewProps) {
  const { traderId, day, today, at } = selection;
  const { market } = useMarket();
  const { health, freshness } = usePulse();
  const now = useServerNow();
  const { performance, failure } = usePerformance({ traderId, deliveryDay: day, at });
  // An outage shows itself in how many there are, and in a line that comes or goes.
  const marks = `${health?.untoldOutages} ${health?.feeds.map((feed) => feed.state)}`;
  const untold = useUntold(performance, day, at, at === null ? marks : "");
  const phone = useMediaQuery("(max-width: 720px)", undefined, { getInitialValueInEffect: false });
  const open = useCallback((label: string) => go({ period: label }), [go]);
  const rows = useRef<HTMLElement>(null);
  useRowKeys(rows);
  useStartAtNow(rows, performance !== null);

  const live = at === null;
  const stale = live && freshness.muted;
  const title = titleOf(performance?.total ?? null, traderId ?? "whole desk", stale);
  useEffect(() => {
    document.title = title;
  }, [title]);
  const known = {
    zone: market.timeZone,
    today,
    now,
    exchange: market.exchange,
    freshness,
    health,
    performance,
    untold,
    live,
  };
  // A delivery is over or ahead as of the moment that is shown: for a past position, the moment it was recorded.
  const recordedAt = performance?.knowledge.recordedAt;
  const moment = live ? now : recordedAt ? Date.parse(recordedAt) : 0;
  return (
    <>
      <main
        className={classes.main}
        data-muted={stale || undefined}
        data-loaded={performance !== null || undefined}
      >
        <Banners sentences={sentencesOf(known)} />
        {performance === null && failure && <FailureNotice failure={failure} go={go} />}
        {performance === null && !failure && <Skeleton />}
        {performance && (
          <>
            <div className={summary.summary}>
              <Headline total={performance.total} stale={stale} live={live} />
              <Cards total={performance.total} />
            </div>
            {performance.total.dealCount === 0 && <Empty selection={selection} performance={performance} />}
            <Fence instead="The chart could not be drawn. The figures below are not affected.">
              <Suspense fallback={<div className={classes.chartPlace} />}>
                <DayChart performance={performance} stale={stale} open={open} />
              </Suspense>
            </Fence>
            <section className={classes.periods} aria-label="Periods" ref={rows} tabIndex={phone ? -1 : 0}>
              {phone ? (
                <PeriodList performance={performance} stale={stale} now={moment} open={open} />
              ) : (
                <PeriodTable
                  performance={performance}
                  stale={stale}
                  now={moment}
                  opened={period}
                  open={open}
                />
              )}
            </section>
          </>
        )}
      </main>
      <Foot performance={performance} at={at} today={today} />
      {performance && period !== null && (
        <Fence instead="The deals could not be opened. Reload the page to try again.">
          <Suspense>
            <DealsPanel
              performance={performance}
              period={period}
              at={at}
              stale={stale}
              close={() => go({ period: null })}
            />
          </Suspense>
        </Fence>
      )}
    </>
  );
}
