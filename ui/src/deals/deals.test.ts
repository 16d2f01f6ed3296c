// Does the list of deals grow at both ends without holes or repeats?
import { expect, test } from "vitest";
import type { DealPartsFragment, DealsQuery } from "../gql/graphql";
import { withNewest, withOlder } from "./deals";

const deal = (position: number): DealPartsFragment => ({
  dealId: `deal ${position}`,
  traderId: "trader_1",
  direction: "BUY",
  quantityMw: "1",
  energyMwh: "1",
  price: "1",
  period: { label: "08-09" },
  executionTime: "2023-02-06T06:13:45Z",
  position: String(position),
});
const page = (positions: number[], after: string | null): DealsQuery["deals"] => ({
  edges: positions.map((position) => ({ node: deal(position) })),
  pageInfo: { hasNextPage: after !== null, endCursor: after },
});
const positions = (pages: { deals: DealPartsFragment[] }) => pages.deals.map((each) => Number(each.position));

test("older deals go below, and the next page goes on from them", () => {
  const pages = withOlder(withNewest(null, page([9, 8], "c8")), page([7, 6], "c6"));
  expect(positions(pages)).toEqual([9, 8, 7, 6]);
  expect(pages.after).toBe("c6");
});

test("newer deals go on top, each once, and the older pages stay", () => {
  const pages = withOlder(withNewest(null, page([9, 8], "c8")), page([7, 6], null));
  const grown = withNewest(pages, page([10, 9], "c9"));
  expect(positions(grown)).toEqual([10, 9, 8, 7, 6]);
  expect(grown.after).toBeNull();
});

test("after a burst longer than a page the list starts again rather than having a hole", () => {
  const pages = withNewest(null, page([2, 1], null));
  const fresh = withNewest(pages, page([99, 98], "c98"));
  expect(positions(fresh)).toEqual([99, 98]);
  expect(fresh.after).toBe("c98");
});

test("the first deals of an empty period appear", () => {
  expect(positions(withNewest(withNewest(null, page([], null)), page([1], null)))).toEqual([1]);
});
