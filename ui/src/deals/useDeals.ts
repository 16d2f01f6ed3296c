// How are the deals of a period fetched, and kept up with while the panel is open?
import { useCallback, useEffect, useState } from "react";
import { useClient } from "urql";
import { type Failure, failureOf } from "../api/failure";
import { type DealPages, DealsDocument, PAGE, withNewest, withOlder } from "./deals";
import { dealsOf, type Shown } from "./exports";

export interface DealsScope extends Shown {
  at: string | null;
  /** How many deals the figures speak of: when it changes, there are newer ones to fetch. */
  dealCount: number;
}

export interface DealsAnswer {
  pages: DealPages | null;
  failure: Failure | null;
  showOlder: () => void;
}

/** Belongs to one scope for its whole life: the panel that uses it is keyed by its scope. */
export function useDeals({ traderId, deliveryDay, label, at, dealCount }: DealsScope): DealsAnswer {
  const client = useClient();
  const [pages, setPages] = useState<DealPages | null>(null);
  const [failure, setFailure] = useState<Failure | null>(null);

  const ask = useCallback(
    async (after: string | null) => {
      const filter = dealsOf({ traderId, deliveryDay, label });
      const asOf = at === null ? null : { position: at };
      const result = await client.query(DealsDocument, { filter, first: PAGE, after, asOf }).toPromise();
      setFailure(result.error ? failureOf(result.error) : null);
      return result.data?.deals ?? null;
    },
    [client, traderId, deliveryDay, label, at],
  );

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new count is the sign that there are newer deals
  useEffect(() => {
    let over = false;
    ask(null).then((page) => {
      if (page && !over) setPages((before) => withNewest(before, page));
    });
    return () => {
      over = true;
    };
  }, [ask, dealCount]);

  const after = pages?.after ?? null;
  const showOlder = useCallback(() => {
    if (after === null) return;
    ask(after).then((page) => {
      if (page) setPages((before) => (before?.after === after ? withOlder(before, page) : before));
    });
  }, [ask, after]);

  return { pages, failure, showOlder };
}
