// Which frozen moments are there of these figures? Each published report leads back to what was known for it.
import { useAnswer } from "../api/useAnswer";
import { whole } from "../format";
import { localOf } from "../market/instant";
import { useMarket } from "../market/MarketContext";
import { ReportsDocument, reportsAddress } from "../reports/reports";
import classes from "./moments.module.css";

/** More are on the page of reports. */
const NEWEST = 5;
const ASKED_FOR = 50;

interface ReportChoicesProps {
  traderId: string | null;
  deliveryDay: string;
  at: string | null;
  choose: (position: string) => void;
}

export function ReportChoices({ traderId, deliveryDay, at, choose }: ReportChoicesProps) {
  const zone = useMarket().market.timeZone;
  const asked = { traderId, deliveryDay, first: ASKED_FOR, after: null };
  const { data, failure } = useAnswer(ReportsDocument, asked);
  // Without a trader the API lists everybody's.
  const all = data?.reports.edges.map((edge) => edge.node) ?? [];
  const reports = all.filter((report) => (report.traderId ?? null) === traderId).slice(0, NEWEST);
  return (
    <div>
      <p className={classes.title}>Published reports</p>
      {failure && <p className={classes.note}>{failure.title}</p>}
      {data && reports.length === 0 && <p className={classes.note}>None of these figures yet.</p>}
      <ul className={classes.reports}>
        {reports.map(({ id, position, publishedAt, publishedBy }) => (
          <li key={id}>
            <button
              type="button"
              className={classes.link}
              aria-current={position === at ? "true" : undefined}
              onClick={() => choose(position)}
            >
              Position {whole(position)}
            </button>
            , {localOf(zone, Date.parse(publishedAt)).slice(0, 16)} by {publishedBy}
          </li>
        ))}
      </ul>
      <p className={classes.note}>
        <a className={classes.link} href={reportsAddress({ trader: traderId, day: deliveryDay, at })}>
          Publish these figures, or see all reports
        </a>
      </p>
    </div>
  );
}
