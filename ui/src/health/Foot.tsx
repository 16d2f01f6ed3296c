// What do the figures rest on? The position in the log, how far behind it they are, and how complete the log is.
import { useRef } from "react";
import { ExportLinks } from "../deals/ExportLinks";
import { countOf, whole } from "../format";
import type { PerformancePartsFragment } from "../gql/graphql";
import { useCommands } from "../keyboard/useCommands";
import { useMarket } from "../market/MarketContext";
import { momentSeenFrom } from "../market/time";
import { type Completeness, completenessOf } from "./complete";
import classes from "./health.module.css";
import { usePulse } from "./PulseContext";
import { lineSentences } from "./sentences";

interface FootProps {
  performance: PerformancePartsFragment | null;
  at: string | null;
  today: string;
}

export function Foot({ performance, at, today }: FootProps) {
  const { health, freshness } = usePulse();
  const place = useRef<HTMLElement>(null);
  useCommands({ export: () => place.current?.querySelector<HTMLElement>("[data-export]")?.focus() });
  const zone = useMarket().market.timeZone;
  const moment = (time: string) => momentSeenFrom(zone, time, today);
  const live = at === null;
  const complete = performance && completenessOf(performance.knowledge, live ? health : null, freshness);
  const behind = health ? BigInt(health.logPosition) - BigInt(health.projectionPosition) : null;
  return (
    <footer className={classes.foot} ref={place}>
      <p>
        {performance && (
          <>
            <span>
              As of position <span data-field="logPosition">{whole(performance.knowledge.position)}</span>
              {performance.knowledge.recordedAt && `, recorded ${moment(performance.knowledge.recordedAt)}`}
            </span>
            {live && behind !== null && (
              <span data-field="behind">
                {behind > 0n ? `${countOf(Number(behind), "event")} behind the log` : "level with the log"}
              </span>
            )}
            {complete && <span data-field="completeUpTo">{completenessIn(complete, moment)}</span>}
            <ExportLinks
              shown={{
                traderId: performance.traderId ?? null,
                deliveryDay: performance.deliveryDay,
                label: null,
              }}
              position={performance.knowledge.position}
            />
          </>
        )}
      </p>
      {health && live && (
        <p>
          {lineSentences(health, zone, today).map((sentence) => (
            <span key={sentence}>{sentence}</span>
          ))}
        </p>
      )}
    </footer>
  );
}

function completenessIn(complete: Completeness, moment: (time: string) => string): string {
  if (complete.is === "complete") return `complete up to ${moment(complete.upTo)}`;
  if (complete.is === "missing") return `deals may be missing since ${moment(complete.since)}`;
  return "never connected to the exchange";
}
