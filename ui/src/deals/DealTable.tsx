// What was each deal? Side, power, price and energy, when it was made and where it stands in the log.

import { eventsAddress } from "../events/events";
import { eurPerMwh, mwh, whole } from "../format";
import type { DealPartsFragment } from "../gql/graphql";
import { usePulse } from "../health/PulseContext";
import { useMarket } from "../market/MarketContext";
import { dayOf, momentSeenFrom } from "../market/time";
import { periodName } from "../periods/rows";
import classes from "./deals.module.css";

interface DealTableProps {
  deals: readonly DealPartsFragment[];
  withTrader: boolean;
  withPeriod: boolean;
}

export function DealTable({ deals, withTrader, withPeriod }: DealTableProps) {
  const zone = useMarket().market.timeZone;
  const today = dayOf(zone, usePulse().serverNow());
  return (
    <>
      <p className={classes.swipe}>Swipe sideways for price, energy, deal and position →</p>
      {/* On a phone the table scrolls sideways, and what scrolls must be reachable by keyboard. */}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: see above */}
      <section className={classes.scroll} aria-label="Deals, newest first" tabIndex={0}>
        <table className={classes.table}>
          <thead>
            <tr>
              <th scope="col" className={classes.text}>
                Executed
              </th>
              {withTrader && (
                <th scope="col" className={classes.text}>
                  Trader
                </th>
              )}
              {withPeriod && (
                <th scope="col" className={classes.text}>
                  Period
                </th>
              )}
              <th scope="col" className={classes.text}>
                Side
              </th>
              <th scope="col">Power MW</th>
              <th scope="col">Price EUR/MWh</th>
              <th scope="col">Energy MWh</th>
              <th scope="col" className={classes.text}>
                Deal
              </th>
              <th scope="col">Log position</th>
            </tr>
          </thead>
          <tbody>
            {deals.map((deal) => (
              <tr key={deal.position} data-deal={deal.dealId}>
                <td className={classes.text}>{momentSeenFrom(zone, deal.executionTime, today)}</td>
                {withTrader && <td className={classes.text}>{deal.traderId}</td>}
                {withPeriod && <td className={classes.text}>{periodName(deal.period.label)}</td>}
                <td className={classes.text}>
                  <span className={classes.side}>{deal.direction === "BUY" ? "Buy" : "Sell"}</span>
                </td>
                <td>{mwh(deal.quantityMw)}</td>
                <td title={deal.price}>{eurPerMwh(deal.price)}</td>
                <td>{mwh(deal.energyMwh)}</td>
                <td className={classes.text}>{deal.dealId}</td>
                <td>
                  <a
                    className={classes.link}
                    href={eventsAddress({ from: deal.position, to: deal.position })}
                  >
                    {whole(deal.position)}
                  </a>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </>
  );
}
