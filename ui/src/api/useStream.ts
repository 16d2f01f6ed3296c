// How is a subscription followed for as long as the page is open, also when the server ends it?
import { useEffect, useRef } from "react";
import { type AnyVariables, type TypedDocumentNode, useSubscription } from "urql";

const AGAIN_AFTER_MS = 1_000;

/**
 * Calls `onData` with each result. A subscription that ends or fails is started again after about a second: a server
 * that is being replaced completes its streams, and a completed stream looks exactly like a quiet one.
 */
export function useStream<Data, Variables extends AnyVariables>(
  query: TypedDocumentNode<Data, Variables>,
  variables: Variables,
  pause: boolean,
  onData: (data: Data) => void,
): void {
  const latest = useRef(onData);
  useEffect(() => {
    latest.current = onData;
  });
  const [result, start] = useSubscription<Data, Data, Variables>(
    { query, variables, pause } as Parameters<typeof useSubscription<Data, Data, Variables>>[0],
    (_, data) => {
      latest.current(data);
      return data;
    },
  );
  const ended = !pause && !result.fetching;
  useEffect(() => {
    if (!ended) return;
    const timer = window.setTimeout(() => start(), AGAIN_AFTER_MS * (0.5 + Math.random()));
    return () => window.clearTimeout(timer);
  }, [ended, start]);
}
