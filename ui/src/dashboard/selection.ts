// What does the screen show, once the address and the viewer are put together?
import type { Address } from "../address/address";
import type { MarketQuery } from "../gql/graphql";
import { seesWholeDesk } from "../market/viewer";

export interface Selection {
  /** null is the whole desk. */
  traderId: string | null;
  day: string;
  today: string;
  at: string | null;
}

/** A viewer who may not see the whole desk starts with own figures; asking for another's is the server's to refuse. */
export function selectionOf(address: Address, viewer: MarketQuery["viewer"], today: string): Selection {
  const own = seesWholeDesk(viewer) ? null : (viewer.traderId ?? null);
  return { traderId: address.trader ?? own, day: address.day ?? today, today, at: address.at };
}
