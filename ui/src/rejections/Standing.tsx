// Which content of the deal does the log already have? What a conflict is decided by.
import { useEffect, useState } from "react";
import { useClient } from "urql";
import { eurPerMwh, mwh, whole } from "../format";
import { graphql } from "../gql";

const StandingDocument = graphql(`
  query Standing($after: Position!, $until: Position!) {
    events(filter: { after: $after, until: $until }, first: 1) { edges { node { payload } } }
  }
`);

interface Stored {
  deal?: {
    direction: string;
    quantity_mw: string;
    price_eur_mwh: string;
    period: { day: string; label: string };
    executed_at: string;
  };
}

/** null where the event tells of no deal. */
export function contentOf(payload: string): string | null {
  const { deal } = JSON.parse(payload) as Stored;
  if (!deal) return null;
  const { direction, quantity_mw, price_eur_mwh, period, executed_at } = deal;
  return `${direction} ${mwh(quantity_mw)} MW at ${eurPerMwh(price_eur_mwh)} EUR/MWh, ${period.day} ${period.label}, executed ${executed_at}`;
}

export function Standing({ position }: { position: string }) {
  const client = useClient();
  const [payload, setPayload] = useState<string | null>(null);
  useEffect(() => {
    let over = false;
    const variables = { after: String(BigInt(position) - 1n), until: position };
    client
      .query(StandingDocument, variables)
      .toPromise()
      .then(({ data }) => {
        if (!over) setPayload(data?.events.edges[0]?.node.payload ?? null);
      });
    return () => {
      over = true;
    };
  }, [client, position]);
  const content = payload && contentOf(payload);
  return (
    <p data-stands={position}>
      Recorded at position {whole(position)} when it came{content ? `: ${content}.` : "."}
    </p>
  );
}
