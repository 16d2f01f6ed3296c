// At which moments may the shown figures have changed, and which of them is being looked at?
import { graphql } from "../gql";
import type { RecordedMomentsQuery } from "../gql/graphql";

export const RecordedMomentsDocument = graphql(`
  query RecordedMoments($traderId: String, $deliveryDay: Date!) {
    recordedMoments(traderId: $traderId, deliveryDay: $deliveryDay, atMost: 500) {
      count
      moments { position recordedAt }
    }
  }
`);

export type Moments = RecordedMomentsQuery["recordedMoments"];

/** The place of the last moment that is known at a position; -1 before the first. Live knows all. */
export function placeOf({ moments }: Pick<Moments, "moments">, at: string | null): number {
  if (at === null) return moments.length - 1;
  const position = BigInt(at);
  return moments.findLastIndex((each) => BigInt(each.position) <= position);
}
