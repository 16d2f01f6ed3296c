// How is a trader doing on a day: asked once, then followed live, and asked again whenever that could have been missed?
import { useCallback, useEffect, useRef, useState } from "react";
import { useClient } from "urql";
import { type Failure, failureOf } from "../api/failure";
import { useStream } from "../api/useStream";
import type { PerformancePartsFragment } from "../gql/graphql";
import { usePulse } from "../health/PulseContext";
import { newerOf, PerformanceChangedDocument, PerformanceDocument } from "./performance";

export interface Scope {
  traderId: string | null;
  deliveryDay: string;
  /** The position whose knowledge is asked for; null follows the log live. */
  at: string | null;
}

export interface Answer {
  performance: PerformancePartsFragment | null;
  failure: Failure | null;
}

const AGAIN_AFTER_MS = 2_000;

/** Belongs to one scope for its whole life: a part that uses it is keyed by its scope. */
export function usePerformance({ traderId, deliveryDay, at }: Scope): Answer {
  const client = useClient();
  const { freshness, caughtUp } = usePulse();
  const [answer, setAnswer] = useState<Answer>({ performance: null, failure: null });
  const lastCheck = useRef(freshness.check);
  lastCheck.current = freshness.check;

  const take = useCallback((arrived: PerformancePartsFragment) => {
    setAnswer((shown) => ({ performance: newerOf(shown.performance, arrived), failure: null }));
  }, []);

  const { check, phase } = freshness;
  const checking = at === null && phase === "checking";
  const settled = answer.performance !== null || (answer.failure !== null && answer.failure.kind === "forbidden");
  const ask = checking || !settled;
  useEffect(() => {
    if (!ask) return;
    let gone = false;
    let timer: number | undefined;
    const question = async () => {
      const asOf = at === null ? null : { position: at };
      const result = await client
        .query(PerformanceDocument, { traderId, deliveryDay, asOf })
        .toPromise();
      if (gone) return;
      if (result.data) take(result.data.performance);
      const failure = result.error ? failureOf(result.error) : null;
      if (failure) setAnswer((shown) => ({ ...shown, failure }));
      if (failure?.kind === "unreachable" || failure?.kind === "server" || failure?.kind === "limit") {
        timer = window.setTimeout(question, AGAIN_AFTER_MS);
      } else {
        caughtUp(check);
      }
    };
    question();
    return () => {
      gone = true;
      window.clearTimeout(timer);
    };
  }, [ask, check, at, traderId, deliveryDay, client, take, caughtUp]);

  useStream(PerformanceChangedDocument, { traderId, deliveryDay }, at !== null || answer.performance === null, (data) =>
    take(data.performanceChanged),
  );
  return answer;
}
