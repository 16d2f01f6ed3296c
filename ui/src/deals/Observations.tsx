// Which reference price was each figure held against, and where in the log does it stand?
import { useAnswer } from "../api/useAnswer";
import { eventsAddress } from "../events/events";
import { countOf, eurPerMwh, whole } from "../format";
import { localOf } from "../market/instant";
import { useMarket } from "../market/MarketContext";
import { periodName } from "../periods/rows";
import classes from "./deals.module.css";
import { DayPricesDocument, type Observation, PriceObservationsDocument } from "./prices";

interface ObservationsProps {
  deliveryDay: string;
  at: string | null;
}

export function PeriodObservations({ deliveryDay, at, label }: ObservationsProps & { label: string }) {
  const asOf = at === null ? null : { position: at };
  const { data, failure } = useAnswer(PriceObservationsDocument, { deliveryDay, label, asOf });
  const [standing, ...others] = data?.priceObservations ?? [];
  if (failure) return <p className={classes.prices}>{failure.title}</p>;
  if (!data) return <p className={classes.prices}>Fetching the price observations…</p>;
  if (!standing)
    return <p className={classes.prices}>No reference price was observed for this period yet.</p>;
  return (
    <Observed
      observations={[standing, ...others]}
      standing
      summary={`Reference price ${standing.value == null ? "undefined" : `${eurPerMwh(standing.value)} EUR/MWh`} from position ${whole(standing.position)}, ${
        others.length === 0 ? "the only observation" : countOf(others.length, "other observation")
      }`}
    />
  );
}

export function DayObservations({ deliveryDay, at }: ObservationsProps) {
  const asOf = at === null ? null : { position: at };
  const { data, failure } = useAnswer(DayPricesDocument, { deliveryDay, asOf });
  if (failure) return <p className={classes.prices}>{failure.title}</p>;
  if (!data) return <p className={classes.prices}>Fetching the price observations…</p>;
  const prices = data.referencePrices;
  if (prices.length === 0)
    return <p className={classes.prices}>No reference price was observed for this day yet.</p>;
  return (
    <Observed
      observations={prices}
      summary={`Reference prices of ${countOf(prices.length, "period")}, with the positions they stand at`}
    />
  );
}

interface ObservedProps {
  observations: readonly Observation[];
  summary: string;
  /** Whether the first of them, all of one period, is the one that stands. */
  standing?: boolean;
}

function Observed({ observations, summary, standing = false }: ObservedProps) {
  const zone = useMarket().market.timeZone;
  const moment = (time: string) => localOf(zone, Date.parse(time));
  return (
    <details className={classes.prices} data-field="observations">
      <summary>{summary}</summary>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard */}
      <section className={classes.scroll} aria-label="Price observations" tabIndex={0}>
        <table className={classes.table}>
          <thead>
            <tr>
              <th scope="col" className={classes.text}>
                Period
              </th>
              <th scope="col">Price EUR/MWh</th>
              <th scope="col">Provider’s update</th>
              <th scope="col">Recorded</th>
              <th scope="col">Log position</th>
            </tr>
          </thead>
          <tbody>
            {observations.map(({ period, value, lastUpdate, recordedAt, position }, place) => (
              <tr key={position} data-observation={position}>
                <td className={classes.text}>
                  {periodName(period.label)}
                  {standing && place === 0 && " stands"}
                </td>
                <td title={value ?? undefined}>{value == null ? "undefined" : eurPerMwh(value)}</td>
                <td>{lastUpdate ? moment(lastUpdate) : "—"}</td>
                <td>{moment(recordedAt)}</td>
                <td>
                  <a className={classes.link} href={eventsAddress({ from: position, to: position })}>
                    {whole(position)}
                  </a>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </details>
  );
}
