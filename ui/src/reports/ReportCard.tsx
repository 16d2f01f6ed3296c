// What does one report say, and how does anybody check it?
import { useMediaQuery } from "@mantine/hooks";
import { type ReactNode, useEffect, useRef } from "react";
import { useAnswer } from "../api/useAnswer";
import { whole } from "../format";
import { Card, Failed } from "../frame/Frame";
import frame from "../frame/frame.module.css";
import type { ReportQuery } from "../gql/graphql";
import { localOf } from "../market/instant";
import { useMarket } from "../market/MarketContext";
import { dayName } from "../market/time";
import { Cards } from "../performance/Cards";
import { Headline } from "../performance/Headline";
import summary from "../performance/performance.module.css";
import { PeriodList } from "../periods/PeriodList";
import { PeriodTable } from "../periods/PeriodTable";
import { dashboardOf, ReportDocument } from "./reports";
import classes from "./reports.module.css";

export function ReportCard({ id, fresh }: { id: string; fresh: boolean }) {
  const { data, failure, again } = useAnswer(ReportDocument, { id });
  const report = data?.report;
  return (
    <Card id="report" title={`Report ${whole(id)}`}>
      {failure && <Failed failure={failure} again={again} />}
      {!data && !failure && <p className={frame.note}>Fetching the report…</p>}
      {data && !report && (
        <p data-field="none">
          There is no report {whole(id)}, or it is not yours to see. A report is named by the position at
          which it was published.
        </p>
      )}
      {report && <Proof report={report} fresh={fresh} />}
    </Card>
  );
}

function Proof({ report, fresh }: { report: NonNullable<ReportQuery["report"]>; fresh: boolean }) {
  const zone = useMarket().market.timeZone;
  const phone = useMediaQuery("(max-width: 720px)", undefined, { getInitialValueInEffect: false });
  const said = useRef<HTMLParagraphElement>(null);
  // Who has just published it by keyboard goes on from here.
  useEffect(() => {
    if (fresh) said.current?.focus();
  }, [fresh]);
  const moment = (time: string) => localOf(zone, Date.parse(time));
  const { traderId, deliveryDay, position, performance } = report;
  const open = (label: string) => window.location.assign(dashboardOf(report, label));
  const periods = {
    performance,
    stale: false,
    open,
    now: Date.parse(performance.knowledge.recordedAt ?? "0"),
  };
  return (
    <>
      <p ref={said} tabIndex={-1} role="status" className={frame.said}>
        {fresh ? `Report ${whole(report.id)} is published.` : ""}
      </p>
      <p>
        <strong>
          {traderId ?? "Whole desk"}, {dayName(deliveryDay)}
        </strong>
        , as known at position {whole(position)}
        {performance.knowledge.recordedAt && `, recorded ${moment(performance.knowledge.recordedAt)}`}.
        Published {moment(report.publishedAt)} by {report.publishedBy}.{" "}
        <a className={frame.link} href={dashboardOf(report)}>
          Open the dashboard as it was known then
        </a>
      </p>
      <dl className={classes.proof}>
        <Item name="Digest: SHA-256 of the figures">{report.digest}</Item>
        <Item name={`Hash of the log up to position ${whole(position)}`}>{report.logHash}</Item>
        <Item name="To make it again from the raw events">wattbook replay --report {report.id}</Item>
      </dl>
      <div className={summary.summary}>
        <Headline total={performance.total} stale={false} live={false} />
        <Cards total={performance.total} />
      </div>
      <section className={classes.periods} aria-label="Periods" tabIndex={phone ? -1 : 0}>
        {phone ? <PeriodList {...periods} /> : <PeriodTable {...periods} opened={null} />}
      </section>
    </>
  );
}

function Item({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        <code className={frame.code}>{children}</code>
      </dd>
    </div>
  );
}
