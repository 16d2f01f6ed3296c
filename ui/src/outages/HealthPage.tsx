// Can the figures be trusted? Lines, outages and rejected messages, drawn and in words.
import { useEffect } from "react";
import { useSearch } from "../address/useSearch";
import { inOneLine } from "../api/failure";
import { countOf, whole } from "../format";
import { Card, Frame } from "../frame/Frame";
import classes from "../frame/frame.module.css";
import type { HealthPageQuery } from "../gql/graphql";
import { Banners } from "../health/Banners";
import { LivePill } from "../health/LivePill";
import { usePulse, useServerNow } from "../health/PulseContext";
import { warningSentences } from "../health/sentences";
import { useMarket } from "../market/MarketContext";
import { age, dayOf, momentSeenFrom } from "../market/time";
import { Rejections } from "../rejections/Rejections";
import { Lanes } from "./Lanes";
import { type Span, spanOf } from "./lanes";
import { useOutages } from "./useOutages";

type Moment = (time: string) => string;

export default function HealthPage() {
  const { market } = useMarket();
  const { serverNow, health, freshness, caughtUp } = usePulse();
  const now = useServerNow();
  const [search] = useSearch();
  const span = spanOf(search.get("span"));
  const all = search.get("rejections") === "all";
  const { to, data, failure, askedAt, again } = useOutages(span, all, serverNow, freshness.check);
  const { check } = freshness;
  // Only an answer that was asked for after the stream came back makes the page live.
  useEffect(() => {
    if (data && askedAt === check) caughtUp(check);
  }, [data, askedAt, check, caughtUp]);
  const today = dayOf(market.timeZone, now);
  const moment: Moment = (time) => momentSeenFrom(market.timeZone, time, today);
  const address = (change: { span?: Span; all?: boolean }) =>
    `/health?span=${change.span ?? span}&rejections=${(change.all ?? all) ? "all" : "open"}`;
  return (
    <Frame
      name="health"
      state={<LivePill at={null} />}
      loaded={data !== null}
      foot={
        health &&
        `Log at position ${whole(health.logPosition)}, read models at ${whole(health.projectionPosition)}.`
      }
    >
      {health && !freshness.muted && (
        <Banners sentences={warningSentences(health)} label="What somebody must do something about" />
      )}
      {failure && <p role="alert">{inOneLine(failure)}</p>}
      {data && (
        <>
          <Lines data={data} moment={moment} now={now} />
          <Card id="outages" title="Outages">
            <p>{summaryOf(data, moment)}</p>
            <nav aria-label="Span of the drawing">
              <Choice to={address({ span: "24h" })} chosen={span === "24h"} text="Last 24 h" />
              <Choice to={address({ span: "7d" })} chosen={span === "7d"} text="Last 7 days" />
            </nav>
            <Lanes data={data} to={to} span={span} />
            <OutageTable outages={data.outages} moment={moment} />
          </Card>
          <Card id="day-files" title="Day files">
            <DayFiles files={data.dayFiles} moment={moment} />
          </Card>
          <Card id="rejections" title="Rejected messages">
            <nav aria-label="Which messages">
              <Choice to={address({ all: false })} chosen={!all} text="Open" />
              <Choice to={address({ all: true })} chosen={all} text="All" />
            </nav>
            <Rejections rejections={data.rejections} all={all} moment={moment} changed={again} />
          </Card>
        </>
      )}
    </Frame>
  );
}

function Choice({ to, chosen, text }: { to: string; chosen: boolean; text: string }) {
  return (
    <a href={to} className={classes.choice} aria-current={chosen ? "true" : undefined}>
      {text}
    </a>
  );
}

function Lines({ data, moment, now }: { data: HealthPageQuery; moment: Moment; now: number }) {
  return (
    <Card id="lines" title="Lines">
      {data.feeds.length === 0 && <p>No line is configured, and none was ever connected.</p>}
      {data.feeds.map(({ name, state, since, lastMessageAt, lastLoss, losses, deliveredAlone }) => (
        <p key={name} data-line={name}>
          <strong>{name}</strong> {state.toLowerCase().replace("_", " ")}
          {since && ` since ${moment(since)}`}
          {lastMessageAt && `, last message ${age(now - Date.parse(lastMessageAt))} ago`}
          {lastLoss
            ? `; lost ${countOf(losses, "time")}, last at ${moment(lastLoss.lostAt)} (${lastLoss.reason}), noticed ${delay(lastLoss.detectionDelaySeconds)}`
            : "; never lost"}
          {`; ${countOf(deliveredAlone, "deal")} delivered by this line alone.`}
        </p>
      ))}
    </Card>
  );
}

/** "at once" where nobody could tell the difference. */
function delay(seconds: string): string {
  const milliseconds = Number(seconds) * 1000;
  return milliseconds < 100 ? "at once" : `after ${age(milliseconds)}`;
}

function summaryOf({ outages }: HealthPageQuery, moment: Moment): string {
  const untold = outages.filter((outage) => !outage.isTold);
  if (outages.length === 0) return "No outage since the first connection: some line was always open.";
  if (!untold[0]) return "Day files told the deals of every outage: none is missing.";
  return `${countOf(untold.length, "outage")} of which no day file told all deals; the newest began at ${moment(untold[0].start)}.`;
}

function missing({ untold, toldBy }: HealthPageQuery["outages"][number], moment: Moment): string {
  if (toldBy.length === 0) return "deals may be missing";
  const parts = untold.map(({ start, end }) => `${moment(start)} to ${end ? moment(end) : "now"}`);
  return `told by ${toldBy.join(", ")} but for ${parts.join(", ")}, where deals may be missing`;
}

function OutageTable({ outages, moment }: { outages: HealthPageQuery["outages"]; moment: Moment }) {
  return outages.map((outage) => (
    <p key={outage.start} data-outage={outage.isTold ? "told" : "untold"}>
      <strong>
        {moment(outage.start)} to {outage.end ? moment(outage.end) : "now, it lasts"}
      </strong>
      {": "}
      {outage.isTold ? `told by ${outage.toldBy.join(", ")}` : missing(outage, moment)}
      {outage.lines.map(
        ({ line, reason, detectionDelaySeconds }) =>
          `; ${line} lost (${reason}), noticed ${delay(detectionDelaySeconds)}`,
      )}
      .
    </p>
  ));
}

function DayFiles({ files, moment }: { files: HealthPageQuery["dayFiles"]; moment: Moment }) {
  if (files.length === 0) {
    return <p>No day file was imported yet: nothing tells the deals of an outage.</p>;
  }
  return files.map(
    ({ position, name, recordedAt, rows, matched, recorded, extra, differing, toldUntil, whyNoFurther }) => (
      <p key={position} data-day-file={name}>
        <strong>{name}</strong> imported {moment(recordedAt)}, tells all until {moment(toldUntil)}:{" "}
        {countOf(rows, "row")}, {whole(matched)} known, {whole(recorded)} recorded from it, {whole(differing)}{" "}
        differing; {whole(extra)} recorded that it does not have.
        {whyNoFurther && ` Why no further: ${whyNoFurther}.`}
      </p>
    ),
  );
}
