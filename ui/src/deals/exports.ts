// Which file holds the deals that are on the screen? The one of their filter, as of the position that is shown.
import type { DealFilter } from "../gql/graphql";

export const FORMATS = ["csv", "parquet"] as const;

export interface Shown {
  /** null is the whole desk. */
  traderId: string | null;
  deliveryDay: string;
  /** null is every period of the day. */
  label: string | null;
}

/** The deals behind the figures of a day or of one of its periods. */
export function dealsOf({ traderId, deliveryDay, label }: Shown): DealFilter {
  const filter: DealFilter = { deliveryDayFrom: deliveryDay, deliveryDayTo: deliveryDay };
  if (traderId !== null) filter.traderId = traderId;
  if (label !== null) filter.label = label;
  return filter;
}

export function exportAddress(format: (typeof FORMATS)[number], shown: Shown, position: string): string {
  const search = new URLSearchParams({ ...(dealsOf(shown) as Record<string, string>), asOf: position });
  return `/export/deals.${format}?${search}`;
}
