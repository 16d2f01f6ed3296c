// Where? One row a delivery period, each opening the deals behind it, with the whole day at the foot.

import { EVERY_PERIOD } from "../address/address";
import { Figure } from "../figures/Figure";
import { deltaOf, eur, eurPerMwh, mwh } from "../format";
import type { FiguresPartsFragment, PerformancePartsFragment } from "../gql/graphql";
import { LightMark } from "../light/LightMark";
import { sightOf } from "../light/light";
import light from "../light/light.module.css";
import classes from "./periods.module.css";
import { periodName, rowsOf } from "./rows";
import { periodStatus } from "./status";

interface PeriodTableProps {
  performance: PerformancePartsFragment;
  stale: boolean;
  /** The moment against which a period is open, in delivery or delivered. */
  now: number;
  opened: string | null;
  open: (label: string) => void;
}

const COLUMNS = [
  ["PnL vs ref.", "EUR"],
  ["Average", "EUR/MWh"],
  ["Reference", "EUR/MWh"],
  ["Bought", "MWh"],
  ["Sold", "MWh"],
  ["Position", "MWh"],
  ["Avg buy", "EUR/MWh"],
  ["Avg sell", "EUR/MWh"],
  ["PnL (cash)", "EUR"],
] as const;

export function PeriodTable({ performance, stale, now, opened, open }: PeriodTableProps) {
  return (
    <table className={classes.table}>
      <caption className={classes.caption}>
        Delivery periods. Each row is a product of its own; the whole day is the sum of all rows.
      </caption>
      <thead>
        <tr>
          <th scope="col" className={classes.periodHead}>
            Period
          </th>
          <th scope="col" className={classes.lightHead}>
            vs reference <span className={classes.unit}>EUR/MWh</span>
          </th>
          {COLUMNS.map(([name, unit]) => (
            <th scope="col" key={name}>
              {name} <span className={classes.unit}>{unit}</span>
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rowsOf(performance.periods).map(({ entry, withinHour }) => {
          const { label, start, end } = entry.period;
          const status = periodStatus(start, end, now);
          return (
            // A pointer may hit anywhere on the row; keys and screen readers use the button in its first cell.
            <tr
              key={label}
              data-period={label}
              data-status={status}
              data-opened={opened === label || undefined}
              data-quiet={entry.figures.dealCount === 0 || undefined}
              onClick={() => open(label)}
            >
              <th scope="row" className={withinHour ? classes.withinHour : undefined}>
                <button type="button" className={classes.open} data-row aria-haspopup="dialog">
                  {periodName(label)}
                </button>
                <span className={classes.status}>{status}</span>
              </th>
              <FigureCells figures={entry.figures} stale={stale} />
            </tr>
          );
        })}
      </tbody>
      <tfoot>
        <tr data-period={EVERY_PERIOD} onClick={() => open(EVERY_PERIOD)}>
          <th scope="row">
            <button type="button" className={classes.open} data-row aria-haspopup="dialog">
              Whole day
            </button>
          </th>
          <FigureCells figures={performance.total} stale={stale} />
        </tr>
      </tfoot>
    </table>
  );
}

function FigureCells({ figures, stale }: { figures: FiguresPartsFragment; stale: boolean }) {
  const sight = sightOf(figures.light, figures.lightReason, stale);
  const known = figures.delta !== null;
  return (
    <>
      <td className={`${classes.light} ${light.sight}`} data-light={sight.shape}>
        <LightMark shape={sight.shape} />
        {known && <Figure field="delta" text={deltaOf(figures)} exact={figures.delta} />}
        <span className={classes.word} data-field="light">
          {sight.word}
        </span>
      </td>
      <td>
        <Figure
          field="pnlAgainstReference"
          text={eur(figures.pnlAgainstReferenceEur, "always")}
          exact={figures.pnlAgainstReferenceEur}
          money
        />
      </td>
      <td>
        <Figure field="average" text={eurPerMwh(figures.averagePrice)} exact={figures.averagePrice} />
      </td>
      <td>
        <Figure field="reference" text={eurPerMwh(figures.referencePrice)} exact={figures.referencePrice} />
      </td>
      <td>
        <Figure field="bought" text={mwh(figures.boughtMwh)} exact={figures.boughtMwh} />
      </td>
      <td>
        <Figure field="sold" text={mwh(figures.soldMwh)} exact={figures.soldMwh} />
      </td>
      <td>
        <Figure field="position" text={mwh(figures.positionMwh, "always")} exact={figures.positionMwh} />
      </td>
      <td>
        <Figure
          field="averageBuy"
          text={eurPerMwh(figures.averageBuyPrice)}
          exact={figures.averageBuyPrice}
        />
      </td>
      <td>
        <Figure
          field="averageSell"
          text={eurPerMwh(figures.averageSellPrice)}
          exact={figures.averageSellPrice}
        />
      </td>
      <td>
        <Figure field="pnl" text={eur(figures.pnlEur, "always")} exact={figures.pnlEur} money />
      </td>
    </>
  );
}
