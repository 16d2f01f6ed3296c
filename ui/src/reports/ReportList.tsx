// Which reports were published? Newest first, a page at a time.
import { useAnswer } from "../api/useAnswer";
import { whole } from "../format";
import { Failed } from "../frame/Frame";
import frame from "../frame/frame.module.css";
import { localOf } from "../market/instant";
import { useMarket } from "../market/MarketContext";
import { dayName } from "../market/time";
import { PAGE, type ReportsAddress, ReportsDocument, reportsAddress } from "./reports";

export function ReportList({ wanted }: { wanted: ReportsAddress }) {
  const zone = useMarket().market.timeZone;
  const { trader, day, after, id } = wanted;
  const { data, failure, again } = useAnswer(ReportsDocument, {
    traderId: trader,
    deliveryDay: day,
    first: PAGE,
    after,
  });
  if (failure) return <Failed failure={failure} again={again} />;
  if (!data) return <p className={frame.note}>Fetching the reports…</p>;
  const { edges, pageInfo } = data.reports;
  const filtered = trader !== null || day !== null;
  return (
    <>
      {edges.length === 0 && (
        <p data-field="none">
          {after
            ? "No older report was published."
            : filtered
              ? "No report of these figures was published yet."
              : "No report was published yet. The first one stands here as soon as you publish it."}
        </p>
      )}
      {edges.length > 0 && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
        <section className={frame.scroll} aria-label="Published reports, newest first" tabIndex={0}>
          <table className={frame.table}>
            <thead>
              <tr>
                <th scope="col">Report</th>
                <th scope="col">Published</th>
                <th scope="col" className={frame.wide}>
                  By
                </th>
                <th scope="col">Whose</th>
                <th scope="col">Delivery day</th>
                <th scope="col" className={`${frame.number} ${frame.wide}`}>
                  As of position
                </th>
                <th scope="col" className={frame.wide}>
                  Digest
                </th>
              </tr>
            </thead>
            <tbody>
              {edges.map(({ node }) => (
                <tr key={node.id} data-report={node.id} aria-current={node.id === id ? "true" : undefined}>
                  <td>
                    <a className={frame.link} href={reportsAddress({ ...wanted, id: node.id })}>
                      {whole(node.id)}
                    </a>
                  </td>
                  <td className={frame.text}>{localOf(zone, Date.parse(node.publishedAt)).slice(0, 16)}</td>
                  <td className={frame.wide}>{node.publishedBy}</td>
                  <td>{node.traderId ?? "whole desk"}</td>
                  <td className={frame.text}>{dayName(node.deliveryDay)}</td>
                  <td className={`${frame.number} ${frame.wide}`}>{whole(node.position)}</td>
                  <td className={frame.wide}>
                    <code title={node.digest}>{node.digest.slice(0, 12)}…</code>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
      <nav aria-label="Pages of the list">
        {after && (
          <a className={frame.choice} href={reportsAddress({ ...wanted, after: null })}>
            Newest
          </a>
        )}
        {pageInfo.hasNextPage && (
          <a className={frame.choice} href={reportsAddress({ ...wanted, after: pageInfo.endCursor ?? null })}>
            Older
          </a>
        )}
        {filtered && (
          <a className={frame.choice} href={reportsAddress({})}>
            All reports
          </a>
        )}
      </nav>
    </>
  );
}
