// What was recorded, event by event, and which hash vouches for each? The payload comes when somebody opens it.
import { useState } from "react";
import { useAnswer } from "../api/useAnswer";
import { whole } from "../format";
import { Failed } from "../frame/Frame";
import frame from "../frame/frame.module.css";
import type { LogQuery } from "../gql/graphql";
import { localOf } from "../market/instant";
import { useMarket } from "../market/MarketContext";
import {
  type EventsAddress,
  eventsAddress,
  filterOf,
  LogDocument,
  only,
  PAGE,
  PayloadDocument,
} from "./events";
import classes from "./events.module.css";

export function EventList({ wanted }: { wanted: EventsAddress }) {
  const newestFirst = wanted.order !== "oldest";
  const filter = filterOf(wanted);
  const { after } = wanted;
  const { data, failure, again } = useAnswer(LogDocument, { filter, first: PAGE, after, newestFirst });
  if (failure) return <Failed failure={failure} again={again} />;
  if (!data) return <p className={frame.note}>Fetching the events…</p>;
  const { edges, pageInfo } = data.events;
  const filtered = Object.keys(filter).length > 0;
  return (
    <>
      {edges.length === 0 && (
        <p data-field="none">
          {after
            ? "There are no more events of this kind."
            : filtered
              ? "No event that you may see is of this type and stream between these positions."
              : "Nothing is recorded yet."}
        </p>
      )}
      {edges.length > 0 && (
        <div className={classes.heads} aria-hidden="true">
          <span>Position</span>
          <span>Recorded</span>
          <span>Type</span>
          <span>Stream</span>
          <span>Chain hash</span>
        </div>
      )}
      {edges.map(({ node }) => (
        <Entry key={node.position} event={node} />
      ))}
      <nav aria-label="Pages of the list">
        {after && (
          <a className={frame.choice} href={eventsAddress({ ...wanted, after: null })}>
            First page
          </a>
        )}
        {pageInfo.hasNextPage && (
          <a className={frame.choice} href={eventsAddress({ ...wanted, after: pageInfo.endCursor ?? null })}>
            {newestFirst ? "Older" : "Newer"}
          </a>
        )}
        {filtered && (
          <a className={frame.choice} href={eventsAddress({ order: wanted.order })}>
            All events
          </a>
        )}
      </nav>
    </>
  );
}

type LogEntry = LogQuery["events"]["edges"][number]["node"];

function Entry({ event }: { event: LogEntry }) {
  const zone = useMarket().market.timeZone;
  const [opened, setOpened] = useState(false);
  const { position, recordedAt, type, stream, version, hash } = event;
  return (
    <details
      className={classes.entry}
      data-event={position}
      onToggle={({ currentTarget }) => setOpened((before) => before || currentTarget.open)}
    >
      <summary>
        <span className={classes.position}>{whole(position)}</span>
        <span>{localOf(zone, Date.parse(recordedAt))}</span>
        <span className={classes.type}>{type}</span>
        <span className={classes.stream}>{stream}</span>
        <code className={classes.hash}>{hash.slice(0, 12)}…</code>
      </summary>
      {opened && (
        <>
          <dl className={classes.more}>
            <div>
              <dt>Recorded</dt>
              <dd>
                <code className={frame.code}>{recordedAt}</code>
              </dd>
            </div>
            <div>
              <dt>Stream, version {whole(version)}</dt>
              <dd>
                <a className={frame.link} href={eventsAddress({ stream, order: "oldest" })}>
                  {stream}
                </a>
              </dd>
            </div>
            <div>
              <dt>Hash of the log up to here</dt>
              <dd>
                <code className={frame.code}>{hash}</code>
              </dd>
            </div>
          </dl>
          <Payload position={position} />
        </>
      )}
    </details>
  );
}

/** As it is stored, to the letter: the hash is over these bytes. */
function Payload({ position }: { position: string }) {
  const { data, failure, again } = useAnswer(PayloadDocument, { filter: only(position) });
  if (failure) return <Failed failure={failure} again={again} />;
  if (!data) return <p className={frame.note}>Fetching the payload…</p>;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
    <pre className={classes.payload} tabIndex={0} data-payload={position}>
      {data.events.edges[0]?.node.payload ?? "This event is not yours to see."}
    </pre>
  );
}
