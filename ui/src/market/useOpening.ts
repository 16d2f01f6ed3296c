// How does the page learn its market and viewer? It asks until it is answered, whatever goes wrong meanwhile.
import { useEffect, useState } from "react";
import { useClient } from "urql";
import { type Failure, failureOf } from "../api/failure";
import type { MarketQuery } from "../gql/graphql";
import { MarketDocument } from "./MarketContext";

const AGAIN_AFTER_MS = 2_000;

export interface OpeningAnswer {
  market: MarketQuery | null;
  /** Why there was no answer so far; null also while the first one is awaited. */
  failure: Failure | null;
}

export function useOpening(): OpeningAnswer {
  const client = useClient();
  const [answer, setAnswer] = useState<OpeningAnswer>({ market: null, failure: null });
  useEffect(() => {
    let over = false;
    let timer: number | undefined;
    const ask = async () => {
      const result = await client.query(MarketDocument, {}).toPromise();
      if (over) return;
      if (result.data) return setAnswer({ market: result.data, failure: null });
      if (result.error) setAnswer({ market: null, failure: failureOf(result.error) });
      timer = window.setTimeout(ask, AGAIN_AFTER_MS);
    };
    ask();
    return () => {
      over = true;
      window.clearTimeout(timer);
    };
  }, [client]);
  return answer;
}
