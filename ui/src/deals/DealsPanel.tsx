// Why? The deals behind one row, beside the figures that they add up to.
import { Button, Drawer } from "@mantine/core";
import { EVERY_PERIOD } from "../address/address";
import { inOneLine } from "../api/failure";
import { compareAddress } from "../compare/compare";
import { countOf, whole } from "../format";
import type { PerformancePartsFragment } from "../gql/graphql";
import { useFocusBack } from "../keyboard/useFocusBack";
import { dayName } from "../market/time";
import { periodName } from "../periods/rows";
import { DealTable } from "./DealTable";
import classes from "./deals.module.css";
import { Evidence } from "./Evidence";
import { ExportLinks } from "./ExportLinks";
import { DayObservations, PeriodObservations } from "./Observations";
import { useDeals } from "./useDeals";

const INSTANTLY = { duration: 0 };

interface DealsPanelProps {
  performance: PerformancePartsFragment;
  /** A label, or every period of the day. */
  period: string;
  at: string | null;
  stale: boolean;
  close: () => void;
}

export default function DealsPanel({ performance, period, at, stale, close }: DealsPanelProps) {
  useFocusBack();
  const { traderId, deliveryDay } = performance;
  const all = period === EVERY_PERIOD;
  const entry = performance.periods.find((each) => each.period.label === period);
  const figures = all ? performance.total : (entry?.figures ?? null);
  const title = `${all ? "Whole day" : periodName(period)} · ${dayName(deliveryDay)} · ${traderId ?? "whole desk"}`;
  return (
    <Drawer.Root
      opened
      onClose={close}
      position="right"
      size={860}
      lockScroll={false}
      transitionProps={INSTANTLY}
    >
      <Drawer.Overlay backgroundOpacity={0.35} />
      <Drawer.Content className={classes.panel}>
        <div className={classes.header}>
          <Drawer.Title>{title}</Drawer.Title>
          <Drawer.CloseButton aria-label="Close the deals" />
        </div>
        <Drawer.Body className={classes.body}>
          {figures === null ? (
            <p className={classes.note} data-note>
              There is no delivery period {periodName(period)} on this day.
            </p>
          ) : (
            <>
              <Evidence figures={figures} lastUpdate={entry?.referenceLastUpdate ?? null} stale={stale} />
              {all ? (
                <DayObservations key={figures.referencePrice} deliveryDay={deliveryDay} at={at} />
              ) : (
                <PeriodObservations
                  key={entry?.referenceLastUpdate}
                  deliveryDay={deliveryDay}
                  at={at}
                  label={period}
                />
              )}
              <p className={`${classes.prices} ${classes.ways}`}>
                <a
                  className={classes.link}
                  href={compareAddress({ trader: traderId ?? null, day: deliveryDay, from: "0", to: at })}
                >
                  How the day’s figures came about, and when the light flipped
                </a>
                <ExportLinks
                  shown={{ traderId: traderId ?? null, deliveryDay, label: all ? null : period }}
                  position={performance.knowledge.position}
                />
              </p>
              <Deals
                key={`${traderId} ${deliveryDay} ${period} ${at}`}
                performance={performance}
                label={all ? null : period}
                at={at}
                dealCount={figures.dealCount}
              />
            </>
          )}
        </Drawer.Body>
      </Drawer.Content>
    </Drawer.Root>
  );
}

interface DealsProps {
  performance: PerformancePartsFragment;
  label: string | null;
  at: string | null;
  dealCount: number;
}

function Deals({ performance, label, at, dealCount }: DealsProps) {
  const { traderId, deliveryDay, knowledge } = performance;
  const scope = { traderId: traderId ?? null, deliveryDay, label, at, dealCount };
  const { pages, failure, showOlder } = useDeals(scope);
  if (failure)
    return (
      <p className={classes.note} data-note>
        {inOneLine(failure)}
      </p>
    );
  if (!pages)
    return (
      <p className={classes.note} data-note>
        Fetching the deals…
      </p>
    );
  if (pages.deals.length === 0) {
    return (
      <p className={classes.note} data-note>
        No deals here as of position {whole(knowledge.position)}.
      </p>
    );
  }
  return (
    <>
      <DealTable deals={pages.deals} withTrader={traderId === null} withPeriod={label === null} />
      <p className={classes.more}>
        <span data-field="listed">
          {whole(pages.deals.length)} of {countOf(dealCount, "deal")}
        </span>
        {pages.after !== null && (
          <Button variant="default" size="xs" onClick={showOlder}>
            Show older
          </Button>
        )}
      </p>
    </>
  );
}
