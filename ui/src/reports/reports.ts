// Which reports are there, what does one of them say, and where does the address of each thing lead?
import { writeAddress } from "../address/address";
import { graphql } from "../gql";
import type { ReportsQuery } from "../gql/graphql";

export const PAGE = 25;

export const ReportsDocument = graphql(`
  query Reports($traderId: String, $deliveryDay: Date, $first: Int!, $after: String) {
    reports(traderId: $traderId, deliveryDay: $deliveryDay, first: $first, after: $after) {
      edges { node { id traderId deliveryDay position publishedAt publishedBy digest } }
      pageInfo { hasNextPage endCursor }
    }
  }
`);

export const ReportDocument = graphql(`
  query Report($id: ID!) {
    report(id: $id) {
      id traderId deliveryDay position logHash publishedAt publishedBy digest
      performance { ...PerformanceParts }
    }
  }
`);

export const PublishDocument = graphql(`
  mutation PublishReport($traderId: String, $deliveryDay: Date!, $asOf: AsOf) {
    publishReport(traderId: $traderId, deliveryDay: $deliveryDay, asOf: $asOf) { id }
  }
`);

export const TradersToReportDocument = graphql(`
  query TradersToReport {
    traders
  }
`);

export type ListedReport = ReportsQuery["reports"]["edges"][number]["node"];

/** What the page shows: one report, a list of some, and what the form is filled in with. */
export interface ReportsAddress {
  id: string | null;
  trader: string | null;
  day: string | null;
  /** The position that the form asks for. */
  at: string | null;
  /** Where the list goes on. */
  after: string | null;
}

const NAMES = ["id", "trader", "day", "at", "after"] as const;

export function readReportsAddress(search: URLSearchParams): ReportsAddress {
  const [id, trader, day, at, after] = NAMES.map((name) => search.get(name) || null);
  return { id, trader, day, at, after } as ReportsAddress;
}

export function reportsAddress(wanted: Partial<ReportsAddress>): string {
  const search = new URLSearchParams();
  for (const name of NAMES) {
    const value = wanted[name];
    if (value) search.set(name, value);
  }
  const text = search.toString();
  return text ? `/reports?${text}` : "/reports";
}

/** The dashboard as it was known when the figures were frozen. */
export function dashboardOf(
  { traderId, deliveryDay, position }: Pick<ListedReport, "traderId" | "deliveryDay" | "position">,
  period: string | null = null,
): string {
  return writeAddress({ trader: traderId ?? null, day: deliveryDay, at: position, period });
}

/** What a person must mend before the server is asked; null where it may be. */
export function missingInForm(day: string, position: string): string | null {
  if (day === "") return "Choose a delivery day.";
  if (position !== "" && !/^\d{1,19}$/.test(position))
    return "A position is a whole number, like 48213. Leave it empty to publish what is known now.";
  return null;
}
