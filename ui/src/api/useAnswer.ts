// What does the server answer to one question, and how is it asked again?
import { useCallback } from "react";
import { type AnyVariables, type TypedDocumentNode, useQuery } from "urql";
import { type Failure, failureOf } from "./failure";

export interface Answer<Data> {
  data: Data | null;
  failure: Failure | null;
  again: () => void;
}

/** An answer belongs to its question: while another one is asked, and when it fails, there is none. */
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
  return {
    data: settled && !result.error ? (result.data ?? null) : null,
    failure: settled && result.error ? failureOf(result.error) : null,
    again,
  };
}
