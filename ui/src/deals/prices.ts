// Which price observations stand behind a figure?
import { graphql } from "../gql";
import type { ObservationPartsFragment } from "../gql/graphql";

graphql(`
  fragment ObservationParts on ReferencePrice {
    period { label }
    value
    lastUpdate
    recordedAt
    position
  }
`);

/** Of one period: the one that stands, then those before it. */
export const PriceObservationsDocument = graphql(`
  query PriceObservations($deliveryDay: Date!, $label: String!, $asOf: AsOf) {
    priceObservations(deliveryDay: $deliveryDay, label: $label, first: 50, asOf: $asOf) { ...ObservationParts }
  }
`);

/** Of a day: the one that stands for each period. */
export const DayPricesDocument = graphql(`
  query DayPrices($deliveryDay: Date!, $asOf: AsOf) {
    referencePrices(deliveryDay: $deliveryDay, asOf: $asOf) { ...ObservationParts }
  }
`);

export type Observation = ObservationPartsFragment;
