// What changed some figures between two moments, and in which words is each event told?
import { eurPerMwh, mwh } from "../format";
import { graphql } from "../gql";
import type { CompareQuery, FiguresPartsFragment } from "../gql/graphql";
import { periodName } from "../periods/rows";

export const CompareDocument = graphql(`
  query Compare($traderId: String, $deliveryDay: Date!, $from: AsOf!, $to: AsOf) {
    explain(traderId: $traderId, deliveryDay: $deliveryDay, from: $from, to: $to) {
      before { ...FiguresParts }
      after { ...FiguresParts }
      steps {
        event { position recordedAt type payload }
        figures { ...FiguresParts }
      }
    }
    start: performance(traderId: $traderId, deliveryDay: $deliveryDay, asOf: $from) {
      knowledge { position recordedAt }
    }
    end: performance(traderId: $traderId, deliveryDay: $deliveryDay, asOf: $to) {
      knowledge { position recordedAt }
    }
  }
`);

export type Step = CompareQuery["explain"]["steps"][number];

export interface CompareAddress {
  trader: string | null;
  day: string | null;
  from: string | null;
  /** null is now. */
  to: string | null;
}

const NAMES = ["trader", "day", "from", "to"] as const;

export function readCompareAddress(search: URLSearchParams): CompareAddress {
  const [trader, day, from, to] = NAMES.map((name) => search.get(name) || null);
  return { trader, day, from, to } as CompareAddress;
}

export function compareAddress(wanted: Partial<CompareAddress>): string {
  const search = new URLSearchParams();
  for (const name of NAMES) {
    const value = wanted[name];
    if (value) search.set(name, value);
  }
  return `/compare?${search}`;
}

interface StoredDeal {
  deal_id: string;
  trader_id: string;
  direction: "buy" | "sell";
  quantity_mw: string;
  price_eur_mwh: string;
  period: { label: string };
}

interface Stored {
  deal?: StoredDeal;
  before?: StoredDeal;
  reason?: string;
  period?: { label: string };
  value?: string | null;
}

const termsOf = ({ direction, quantity_mw, price_eur_mwh, period }: StoredDeal) =>
  `${direction === "buy" ? "buys" : "sells"} ${mwh(quantity_mw)} MW ${periodName(period.label)} at ${eurPerMwh(price_eur_mwh)}`;

/** In a few words what an event says, by its type and stored payload. */
export function wordsOf({ type, payload }: Pick<Step["event"], "type" | "payload">): string {
  const { deal, before, reason, period, value } = JSON.parse(payload) as Stored;
  if (deal) {
    const terms = `${deal.trader_id} ${termsOf(deal)}`;
    const because = reason ? ` (${reason})` : "";
    if (type.startsWith("deal.cancelled.")) return `Deal ${deal.deal_id} cancelled: ${terms}${because}`;
    if (before) return `Deal ${deal.deal_id} corrected: ${terms}, before: ${termsOf(before)}${because}`;
    return `Deal ${deal.deal_id}: ${terms}`;
  }
  if (period) {
    return `Reference price ${periodName(period.label)}: ${value === null ? "undefined" : eurPerMwh(value)}`;
  }
  return type;
}

/** The steps after which the light is another one than before them. */
export function flipsIn(before: FiguresPartsFragment, steps: readonly Step[]): Step[] {
  return steps.filter((step, place) => step.figures.light !== (steps[place - 1]?.figures ?? before).light);
}
