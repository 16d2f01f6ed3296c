// Which events of the log does the address ask for, and what is asked about them?
import { graphql } from "../gql";
import type { EventFilter } from "../gql/graphql";

export const PAGE = 50;

/** What there is to choose from; an event of any other type is found by typing it. */
export const TYPES = [
  "deal.confirmed.v1",
  "deal.conflicted.v1",
  "deal.corrected.v1",
  "deal.cancelled.v1",
  "reference-price.updated.v1",
  "message.rejected.v1",
  "rejection.resolved.v1",
  "feed.connected.v1",
  "feed.disconnected.v1",
  "feed.interrupted.v1",
  "day-file.imported.v1",
  "report.published.v1",
  "log.sealed.v1",
] as const;

export const LogDocument = graphql(`
  query Log($filter: EventFilter!, $first: Int!, $after: String, $newestFirst: Boolean!) {
    events(filter: $filter, first: $first, after: $after, newestFirst: $newestFirst) {
      edges { node { position recordedAt type stream version hash } }
      pageInfo { hasNextPage endCursor }
    }
  }
`);

export const PayloadDocument = graphql(`
  query Payload($filter: EventFilter!) {
    events(filter: $filter, first: 1) { edges { node { payload } } }
  }
`);

export interface EventsAddress {
  type: string | null;
  stream: string | null;
  /** The first and the last position, both included. */
  from: string | null;
  to: string | null;
  /** "oldest" reads the log upwards; null has the newest on top. */
  order: string | null;
  /** Where the list goes on. */
  after: string | null;
}

const NAMES = ["type", "stream", "from", "to", "order", "after"] as const;

export function readEventsAddress(search: URLSearchParams): EventsAddress {
  const [type, stream, from, to, order, after] = NAMES.map((name) => search.get(name) || null);
  return { type, stream, from, to, order, after } as EventsAddress;
}

export function eventsAddress(wanted: Partial<EventsAddress>): string {
  const search = new URLSearchParams();
  for (const name of NAMES) {
    const value = wanted[name];
    if (value) search.set(name, value);
  }
  const text = search.toString();
  return text ? `/events?${text}` : "/events";
}

/** What a person must mend before the server is asked; null where it may be. */
export function missingIn({ from, to }: Pick<EventsAddress, "from" | "to">): string | null {
  for (const position of [from, to]) {
    if (position !== null && !/^\d{1,19}$/.test(position)) {
      return `${position} is no position: write a whole number, like 48213.`;
    }
  }
  if (from !== null && to !== null && BigInt(from) > BigInt(to)) {
    return `From (${from}) is after to (${to}): nothing lies between them.`;
  }
  return null;
}

export function filterOf({ type, stream, from, to }: EventsAddress): EventFilter {
  const filter: EventFilter = {};
  if (type !== null) filter.types = [type];
  if (stream !== null) filter.stream = stream;
  if (from !== null) filter.after = before(from);
  if (to !== null) filter.until = to;
  return filter;
}

/** The filter that only one event passes. */
export const only = (position: string): EventFilter => ({ after: before(position), until: position });

/** The API asks for what comes after a position; nothing comes before 0. */
const before = (position: string) => String(BigInt(position) === 0n ? 0n : BigInt(position) - 1n);
