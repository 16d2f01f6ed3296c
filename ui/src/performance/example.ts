// What does a performance look like? The worked day of the definitions, for tests to start from.
import type { FiguresPartsFragment, PerformancePartsFragment, PeriodPartsFragment } from "../gql/graphql";

/** Buys 10 MW 08-09 at 20, sells 4 MW at 25, buys 10 MW at 30; the reference is 28. */
export function figures(change: Partial<FiguresPartsFragment> = {}): FiguresPartsFragment {
  return {
    dealCount: 3,
    boughtMwh: "20",
    soldMwh: "4",
    positionMwh: "16",
    pnlEur: "-400",
    averagePrice: "25",
    averageBuyPrice: "25",
    averageSellPrice: "25",
    referencePrice: "28",
    delta: "-3",
    light: "RED",
    lightReason: null,
    pnlAgainstReferenceEur: "48",
    realisedPnlEur: "0",
    unrealisedPnlEur: "48",
    tradedMwh: "24",
    pricedMwh: "24",
    ...change,
  };
}

export function period(label: string, start: string, end: string, change = {}): PeriodPartsFragment {
  return { period: { label, start, end }, figures: figures(change), referenceLastUpdate: null };
}

export function performance(change: Partial<PerformancePartsFragment> = {}): PerformancePartsFragment {
  return {
    traderId: "trader_1",
    deliveryDay: "2023-02-06",
    knowledge: {
      position: "48213",
      recordedAt: "2023-02-06T06:14:00Z",
      completeUpTo: "2023-02-06T06:14:00Z",
    },
    total: figures(),
    periods: [
      period("08-09", "2023-02-06T07:00:00Z", "2023-02-06T08:00:00Z"),
      period("08:15-08:30", "2023-02-06T07:15:00Z", "2023-02-06T07:30:00Z"),
      period("09-10", "2023-02-06T08:00:00Z", "2023-02-06T09:00:00Z", {
        dealCount: 0,
        averagePrice: null,
        delta: null,
        light: "UNKNOWN",
        lightReason: "NO_DEALS",
      }),
    ],
    openRejections: 0,
    ...change,
  };
}
