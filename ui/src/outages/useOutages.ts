// What is known of lines, outages and rejections now? Asked again while the page is open.
import { useCallback, useEffect, useState } from "react";
import { useClient } from "urql";
import { type Failure, failureOf } from "../api/failure";
import { graphql } from "../gql";
import type { HealthPageQuery } from "../gql/graphql";
import { SPANS, type Span } from "./lanes";

const AGAIN_AFTER_MS = 5_000;

const HealthPageDocument = graphql(`
  query HealthPage($from: DateTime!, $to: DateTime!, $all: Boolean!) {
    feeds {
      name state since lastMessageAt losses deliveredAlone
      lastLoss { lostAt reason detectionDelaySeconds }
    }
    outages(first: 500) {
      start end isTold toldBy
      untold { start end }
      lines { line reason detectionDelaySeconds }
    }
    dayFiles(first: 20) { position name recordedAt rows matched recorded extra differing toldUntil whyNoFurther }
    feedConnections(from: $from, to: $to) { line connectedAt lastHeardAt }
    rejections(first: 100, includeResolved: $all) {
      edges {
        node {
          id recordedAt source reason message traderId deliveryDay stands
          resolution resolvedBy resolutionReason resolvedAt
        }
      }
      pageInfo { hasNextPage }
    }
  }
`);

export interface OutagesAnswer {
  /** The moment that the drawing ends at. */
  to: number;
  data: HealthPageQuery | null;
  failure: Failure | null;
  /** The check that the answer was asked for in. */
  askedAt: number | null;
}

export interface Outages extends OutagesAnswer {
  /** To have it asked again at once. */
  again: () => void;
}

export function useOutages(span: Span, all: boolean, serverNow: () => number, check: number): Outages {
  const client = useClient();
  const [answer, setAnswer] = useState<OutagesAnswer>({ to: 0, data: null, failure: null, askedAt: null });
  const [round, setRound] = useState(0);
  const again = useCallback(() => setRound((before) => before + 1), []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another round asks the same again
  useEffect(() => {
    let over = false;
    let timer: number | undefined;
    const ask = async () => {
      const to = serverNow();
      const moment = (at: number) => new Date(at).toISOString();
      const variables = { from: moment(to - SPANS[span]), to: moment(to), all };
      const result = await client.query(HealthPageDocument, variables).toPromise();
      if (over) return;
      const failure = result.error ? failureOf(result.error) : null;
      setAnswer({ to, data: result.data ?? null, failure, askedAt: check });
      timer = window.setTimeout(ask, AGAIN_AFTER_MS);
    };
    ask();
    return () => {
      over = true;
      window.clearTimeout(timer);
    };
  }, [client, span, all, serverNow, check, round]);
  return { ...answer, again };
}
