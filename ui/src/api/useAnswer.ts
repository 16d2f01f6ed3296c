// What does the server answer to one question, and how is it asked again?
import { useCallback, useEffect, useState } from "react";
import { type AnyVariables, type TypedDocumentNode, useQuery } from "urql";
import { type Failure, failureOf, mayPass } from "./failure";

const AGAIN_AFTER_MS = 2_000;

export interface Answer<Data> {
  data: Data | null;
  failure: Failure | null;
  again: () => void;
}

/**
 * An answer belongs to its question: while another one is asked, and when it fails, there is none. Where a failure may
 * pass, the question is asked again by itself, and the failure is told until that is answered.
 */
export function useAnswer<Data, Variables extends AnyVariables>(
  query: TypedDocumentNode<Data, Variables>,
  variables: Variables,
  pause = false,
): Answer<Data> {
  const [result, ask] = useQuery<Data, Variables>({ query, variables, pause } as Parameters<
    typeof useQuery<Data, Variables>
  >[0]);
  const again = useCallback(() => ask(), [ask]);
  const settled = !result.fetching && !pause;
  const { error } = result;
  const [passing, setPassing] = useState<Failure | null>(null);
  useEffect(() => {
    if (!settled) return;
    const failure = error ? failureOf(error) : null;
    const passes = failure !== null && mayPass(failure);
    setPassing(passes ? failure : null);
    if (!passes) return;
    const timer = window.setTimeout(ask, AGAIN_AFTER_MS);
    return () => window.clearTimeout(timer);
  }, [settled, error, ask]);
  return {
    data: settled && !error ? (result.data ?? null) : null,
    failure: settled ? (error ? failureOf(error) : null) : passing,
    again,
  };
}
