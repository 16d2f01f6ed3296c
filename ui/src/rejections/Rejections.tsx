// Which messages could not be taken for a deal, and what became of each?
import { useCallback, useEffect, useRef, useState } from "react";
import { whole } from "../format";
import type { HealthPageQuery } from "../gql/graphql";
import { useMarket } from "../market/MarketContext";
import classes from "./rejections.module.css";
import { SettleForm } from "./SettleForm";
import { maySettle, type Rejection } from "./settling";

interface RejectionsProps {
  rejections: HealthPageQuery["rejections"];
  all: boolean;
  moment: (time: string) => string;
  /** To be told that the list is another one now. */
  changed: () => void;
}

export function Rejections({ rejections, all, moment, changed }: RejectionsProps) {
  const { viewer } = useMarket();
  const [said, setSaid] = useState("");
  const place = useRef<HTMLParagraphElement>(null);
  const settled = useCallback(
    (id: string, resolution: string) => {
      setSaid(`Rejection ${whole(id)} is settled: ${resolution}.`);
      changed();
    },
    [changed],
  );
  // The form goes away with the focus in it: who works by keyboard goes on from here.
  useEffect(() => {
    if (said) place.current?.focus();
  }, [said]);
  const { edges, pageInfo } = rejections;
  return (
    <>
      <p ref={place} role="status" tabIndex={-1} className={classes.said} data-said={said || undefined}>
        {said}
      </p>
      {edges.length === 0 && <p>{all ? "No message was ever rejected." : "No rejected message is open."}</p>}
      {edges.map(({ node }) => (
        <details key={node.id} className={classes.rejection} data-rejection={node.id}>
          <summary>
            <strong>{node.reason}</strong> from {node.source}, recorded {moment(node.recordedAt)}
            {node.traderId && `, ${node.traderId}`}
            {node.deliveryDay && `, delivery ${node.deliveryDay}`}: {node.resolution ?? "open"}
          </summary>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard */}
          <pre className={classes.message} tabIndex={0}>
            {node.message}
          </pre>
          {node.resolution ? (
            <p>{settlementOf(node, moment)}</p>
          ) : (
            maySettle(viewer) && <SettleForm rejection={node} settled={settled} />
          )}
        </details>
      ))}
      {pageInfo.hasNextPage && <p>Only the newest {whole(edges.length)} are listed; GraphiQL has all.</p>}
    </>
  );
}

function settlementOf(
  { resolution, resolvedBy, resolvedAt, resolutionReason }: Rejection,
  moment: (time: string) => string,
) {
  const at = resolvedAt ? ` at ${moment(resolvedAt)}` : "";
  return `Settled by ${resolvedBy ?? "somebody"}${at}: ${resolution}, because “${resolutionReason ?? ""}”.`;
}
