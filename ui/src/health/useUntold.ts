// Which outages that no day file told may have cost the shown day deals?
import { useEffect, useState } from "react";
import { useClient } from "urql";
import { graphql } from "../gql";
import type { PerformancePartsFragment, UntoldQuery } from "../gql/graphql";

const UntoldDocument = graphql(`
  query Untold($day: Date!, $asOf: AsOf) {
    outages(first: 500, deliveryDay: $day, untoldOnly: true, asOf: $asOf) { start end }
  }
`);

/** None until they are asked for, null where the question failed. Asked again whenever `marks`, what is heard of outages live, changes. */
export function useUntold(
  performance: PerformancePartsFragment | null,
  day: string,
  at: string | null,
  marks: string,
): UntoldQuery["outages"] | null {
  const client = useClient();
  const [untold, setUntold] = useState<UntoldQuery["outages"] | null>([]);
  const { completeUpTo, recordedAt } = performance?.knowledge ?? {};
  const missing = Boolean(completeUpTo && recordedAt && Date.parse(completeUpTo) < Date.parse(recordedAt));
  // biome-ignore lint/correctness/useExhaustiveDependencies: what the marks stand for changes the answer
  useEffect(() => {
    if (!missing) {
      setUntold([]);
      return;
    }
    let over = false;
    const asOf = at === null ? null : { position: at };
    client
      .query(UntoldDocument, { day, asOf })
      .toPromise()
      .then(({ data }) => {
        if (!over) setUntold(data?.outages ?? null);
      });
    return () => {
      over = true;
    };
  }, [client, missing, completeUpTo, day, at, marks]);
  return untold;
}
