// Which market, and who is looking? Asked once when the page opens, and known to every part of it.
import { createContext, useContext } from "react";
import { graphql } from "../gql";
import type { MarketQuery } from "../gql/graphql";

export const MarketDocument = graphql(`
  query Market {
    market { timeZone today exchange }
    viewer { name roles traderId }
    signInOptions { name roles traderId }
  }
`);

export const MarketContext = createContext<MarketQuery | null>(null);

export function useMarket(): MarketQuery {
  const market = useContext(MarketContext);
  if (!market) throw new Error("useMarket is only for parts inside MarketContext");
  return market;
}
