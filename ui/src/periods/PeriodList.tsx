// Where, on a phone? The same periods as two-line rows, so that the money stays on the screen.

import { Figure } from "../figures/Figure";
import { eur, eurPerMwh, mwh } from "../format";
import type { PerformancePartsFragment } from "../gql/graphql";
import { Sight } from "../light/Sight";
import classes from "./list.module.css";
import { periodName, rowsOf } from "./rows";
import { periodStatus } from "./status";

interface PeriodListProps {
  performance: PerformancePartsFragment;
  stale: boolean;
  now: number;
  open: (label: string) => void;
}

export function PeriodList({ performance, stale, now, open }: PeriodListProps) {
  return (
    <ul className={classes.list} aria-label="Delivery periods">
      {rowsOf(performance.periods).map(({ entry, withinHour }) => {
        const { figures, period } = entry;
        return (
          <li
            key={period.label}
            data-period={period.label}
            className={withinHour ? classes.withinHour : undefined}
          >
            <button type="button" className={classes.row} data-row onClick={() => open(period.label)}>
              <span className={classes.line}>
                <span className={classes.name}>{periodName(period.label)}</span>
                <Sight figures={figures} stale={stale} />
                <span className={classes.end}>
                  <Figure field="pnl" text={eur(figures.pnlEur, "always")} unit="EUR" money />
                </span>
              </span>
              <span className={classes.second}>
                <span className={classes.name}>{periodStatus(period.start, period.end, now)}</span>
                <span>
                  <Figure field="average" text={eurPerMwh(figures.averagePrice)} /> / ref{" "}
                  <Figure field="reference" text={eurPerMwh(figures.referencePrice)} />
                </span>
                <span className={classes.end}>
                  B <Figure field="bought" text={mwh(figures.boughtMwh)} /> S{" "}
                  <Figure field="sold" text={mwh(figures.soldMwh)} />
                </span>
              </span>
            </button>
          </li>
        );
      })}
    </ul>
  );
}
