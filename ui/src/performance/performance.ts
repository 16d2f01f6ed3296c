// What is asked about a performance, and which of two answers is the newer?
import { graphql } from "../gql";
import type { PerformancePartsFragment } from "../gql/graphql";

graphql(`
  fragment FiguresParts on Figures {
    dealCount
    boughtMwh
    soldMwh
    positionMwh
    pnlEur
    averagePrice
    averageBuyPrice
    averageSellPrice
    referencePrice
    delta
    light
    lightReason
    pnlAgainstReferenceEur
    realisedPnlEur
    unrealisedPnlEur
    tradedMwh
    pricedMwh
  }
`);

graphql(`
  fragment PeriodParts on PeriodFigures {
    period { label start end }
    figures { ...FiguresParts }
    referenceLastUpdate
  }
`);

graphql(`
  fragment PerformanceParts on Performance {
    traderId
    deliveryDay
    knowledge { position recordedAt completeUpTo }
    total { ...FiguresParts }
    periods { ...PeriodParts }
    openRejections
  }
`);

export const PerformanceDocument = graphql(`
  query Performance($traderId: String, $deliveryDay: Date!, $asOf: AsOf) {
    performance(traderId: $traderId, deliveryDay: $deliveryDay, asOf: $asOf) { ...PerformanceParts }
  }
`);

export const PerformanceChangedDocument = graphql(`
  subscription PerformanceChanged($traderId: String, $deliveryDay: Date!) {
    performanceChanged(traderId: $traderId, deliveryDay: $deliveryDay) { ...PerformanceParts }
  }
`);

/** A query's answer may cross a newer state on the stream: the later position stands. */
export function newerOf(
  shown: PerformancePartsFragment | null,
  arrived: PerformancePartsFragment,
): PerformancePartsFragment {
  if (!shown) return arrived;
  return BigInt(arrived.knowledge.position) >= BigInt(shown.knowledge.position) ? arrived : shown;
}
