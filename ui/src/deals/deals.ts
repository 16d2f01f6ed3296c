// Which deals stand behind a figure, newest first, fifty at a time?
import { graphql } from "../gql";
import type { DealPartsFragment, DealsQuery } from "../gql/graphql";

export const PAGE = 50;

graphql(`
  fragment DealParts on Deal {
    dealId
    traderId
    direction
    quantityMw
    energyMwh
    price
    period { label }
    executionTime
    position
  }
`);

export const DealsDocument = graphql(`
  query Deals($filter: DealFilter!, $first: Int!, $after: String, $asOf: AsOf) {
    deals(filter: $filter, first: $first, after: $after, asOf: $asOf) {
      edges { node { ...DealParts } }
      pageInfo { hasNextPage endCursor }
    }
  }
`);

export interface DealPages {
  deals: DealPartsFragment[];
  /** Where the older deals go on; null at the end. */
  after: string | null;
}

type Page = DealsQuery["deals"];

const cursorOf = (page: Page) => (page.pageInfo.hasNextPage ? (page.pageInfo.endCursor ?? null) : null);

export function withOlder(pages: DealPages, page: Page): DealPages {
  return { deals: [...pages.deals, ...page.edges.map((edge) => edge.node)], after: cursorOf(page) };
}

/**
 * Puts a fresh first page on top of what is already listed. Where the two do not meet, deals arrived faster than they
 * were asked for: then the list starts again from the fresh page, rather than having a hole.
 */
export function withNewest(pages: DealPages | null, page: Page): DealPages {
  const fresh = page.edges.map((edge) => edge.node);
  if (!pages) return { deals: fresh, after: cursorOf(page) };
  const positions = new Set(fresh.map((deal) => deal.position));
  const kept = pages.deals.filter((deal) => !positions.has(deal.position));
  const meets = kept.length < pages.deals.length || pages.deals.length === 0;
  if (!meets || pages.deals.length === 0) return { deals: fresh, after: cursorOf(page) };
  return { deals: [...fresh, ...kept], after: pages.after };
}
