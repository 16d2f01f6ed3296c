// Which events made the difference, and how did the figures stand after each?
import { useState } from "react";
import { eventsAddress } from "../events/events";
import { Figure } from "../figures/Figure";
import { countOf, eur, eurPerMwh, mwh, whole } from "../format";
import frame from "../frame/frame.module.css";
import { Sight } from "../light/Sight";
import { localOf } from "../market/instant";
import { useMarket } from "../market/MarketContext";
import { type Step, wordsOf } from "./compare";
import classes from "./compare.module.css";

/** More rows at once than this make a browser slow. */
const AT_ONCE = 200;

export function Steps({ steps, flips }: { steps: readonly Step[]; flips: readonly Step[] }) {
  const zone = useMarket().market.timeZone;
  const [shown, setShown] = useState(AT_ONCE);
  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard */}
      <section className={frame.scroll} aria-label="Events, in the order of the log" tabIndex={0}>
        <table className={`${frame.table} ${classes.steps}`}>
          <thead>
            <tr>
              <th scope="col" className={frame.number}>
                Position
              </th>
              <th scope="col" className={frame.wide}>
                Recorded
              </th>
              <th scope="col">What</th>
              <th scope="col">vs reference</th>
              <th scope="col" className={`${frame.number} ${frame.wide}`}>
                Average
              </th>
              <th scope="col" className={`${frame.number} ${frame.wide}`}>
                Reference
              </th>
              <th scope="col" className={`${frame.number} ${frame.wide}`}>
                Bought
              </th>
              <th scope="col" className={`${frame.number} ${frame.wide}`}>
                Sold
              </th>
              <th scope="col" className={`${frame.number} ${frame.wide}`}>
                PnL vs ref.
              </th>
              <th scope="col" className={frame.number}>
                PnL (cash)
              </th>
            </tr>
          </thead>
          <tbody>
            {steps.slice(0, shown).map((step) => {
              const { event, figures } = step;
              return (
                <tr key={event.position} data-step={event.position}>
                  <td className={frame.number}>
                    <a
                      className={frame.link}
                      href={eventsAddress({ from: event.position, to: event.position })}
                    >
                      {whole(event.position)}
                    </a>
                  </td>
                  <td className={frame.wide}>{localOf(zone, Date.parse(event.recordedAt))}</td>
                  <td className={classes.what}>{wordsOf(event)}</td>
                  <td>
                    <Sight figures={figures} stale={false} />
                    {flips.includes(step) && <strong className={classes.flips}>flips</strong>}
                  </td>
                  <td className={`${frame.number} ${frame.wide}`}>
                    <Figure field="average" text={eurPerMwh(figures.averagePrice)} />
                  </td>
                  <td className={`${frame.number} ${frame.wide}`}>
                    <Figure field="reference" text={eurPerMwh(figures.referencePrice)} />
                  </td>
                  <td className={`${frame.number} ${frame.wide}`}>
                    <Figure field="bought" text={mwh(figures.boughtMwh)} />
                  </td>
                  <td className={`${frame.number} ${frame.wide}`}>
                    <Figure field="sold" text={mwh(figures.soldMwh)} />
                  </td>
                  <td className={`${frame.number} ${frame.wide}`}>
                    <Figure
                      field="pnlAgainstReference"
                      text={eur(figures.pnlAgainstReferenceEur, "always")}
                      money
                    />
                  </td>
                  <td className={frame.number}>
                    <Figure field="pnl" text={eur(figures.pnlEur, "always")} money />
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </section>
      {steps.length > shown && (
        <p>
          {whole(shown)} of {countOf(steps.length, "event")}.{" "}
          <button type="button" className={frame.button} onClick={() => setShown(shown + AT_ONCE)}>
            Show more
          </button>
        </p>
      )}
    </>
  );
}
