// How is a trader doing on a day: asked once, then followed live, and asked again whenever that could have been missed?
import { useCallback, useEffect, useRef, useState } from "react";
import { useClient } from "urql";
import { type Failure, type FailureKind, failureOf } from "../api/failure";
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
const PASSING: readonly FailureKind[] = ["unreachable", "database", "server", "limit"];

/** Belongs to one scope for its whole life: a part that uses it is keyed by its scope. */
export function usePerformance({ traderId, deliveryDay, at }: Scope): Answer {
  const client = useClient();
  const { freshness, caughtUp, notBefore } = usePulse();
  const [answer, setAnswer] = useState<Answer>({ performance: null, failure: null });
  const shownSince = useRef(Number.NEGATIVE_INFINITY);

  const take = useCallback(
    (arrived: PerformancePartsFragment, askedAt: number) => {
      // What was asked after the shown state came in is the truth, whatever its position: a log can be a new one.
      const later = askedAt >= shownSince.current;
      shownSince.current = performance.now();
      if (arrived.knowledge.recordedAt) notBefore(arrived.knowledge.recordedAt);
      setAnswer((shown) => ({
        performance: later ? arrived : newerOf(shown.performance, arrived),
        failure: null,
      }));
    },
    [notBefore],
  );

  const { check, phase } = freshness;
  const checking = at === null && phase === "checking";
  const { performance: shown, failure } = answer;
  const settled = shown !== null || (failure !== null && !PASSING.includes(failure.kind));
  const ask = checking || !settled;
  useEffect(() => {
    if (!ask) return;
    let over = false;
    let timer: number | undefined;
    const question = async () => {
      const askedAt = performance.now();
      const asOf = at === null ? null : { position: at };
      const result = await client.query(PerformanceDocument, { traderId, deliveryDay, asOf }).toPromise();
      if (result.data) take(result.data.performance, askedAt);
      if (over) return;
      const failed = result.error ? failureOf(result.error) : null;
      if (failed) setAnswer((before) => ({ ...before, failure: failed }));
      if (failed && PASSING.includes(failed.kind)) timer = window.setTimeout(question, AGAIN_AFTER_MS);
      else caughtUp(check);
    };
    question();
    return () => {
      over = true;
      window.clearTimeout(timer);
    };
  }, [ask, check, at, traderId, deliveryDay, client, take, caughtUp]);

  const follow = at === null && shown !== null;
  useStream(PerformanceChangedDocument, { traderId, deliveryDay }, !follow, (data) =>
    take(data.performanceChanged, Number.NEGATIVE_INFINITY),
  );
  return answer;
}
