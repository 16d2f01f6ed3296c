// What do the chart's signs mean, and which figures are under the pointer?

import { eurPerMwh, mwh } from "../format";
import type { PeriodPartsFragment } from "../gql/graphql";
import { periodName } from "../periods/rows";
import classes from "./chart.module.css";

export function Readout({ entry }: { entry: PeriodPartsFragment | null }) {
  if (!entry) {
    return (
      <p className={classes.readout}>
        <span className={classes.key}>
          <svg width="40" height="12" aria-hidden="true">
            <path className={classes.above} d="M6 1 11 10H1Z" />
            <rect className={classes.notAbove} x="15" y="1" width="9" height="9" />
            <circle className={classes.unknown} cx="33" cy="5.5" r="4.5" />
          </svg>
          own average: above, not above, no reference
        </span>
        <span className={classes.key}>
          <svg width="22" height="12" aria-hidden="true">
            <path className={classes.step} d="M1 9H11V3H21" />
          </svg>
          reference, EUR/MWh
        </span>
        <span className={classes.key}>
          <svg width="12" height="12" aria-hidden="true">
            <rect className={classes.bought} x="1" y="0" width="10" height="12" />
          </svg>
          bought
        </span>
        <span className={classes.key}>
          <svg width="12" height="12" aria-hidden="true">
            <rect className={classes.sold} x="1" y="0" width="10" height="12" />
          </svg>
          sold, MWh
        </span>
      </p>
    );
  }
  const { period, figures } = entry;
  return (
    <p className={classes.readout}>
      <strong>{periodName(period.label)}</strong>
      <span>average {eurPerMwh(figures.averagePrice)}</span>
      <span>reference {eurPerMwh(figures.referencePrice)}</span>
      <span>bought {mwh(figures.boughtMwh)}</span>
      <span>sold {mwh(figures.soldMwh)}</span>
    </p>
  );
}
