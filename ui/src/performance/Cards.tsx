// How much? Energy bought and sold, the average price and the money, for the whole day.
import type { ReactNode } from "react";
import { Figure } from "../figures/Figure";
import { countOf, eur, eurPerMwh, mwh } from "../format";
import type { FiguresPartsFragment } from "../gql/graphql";
import classes from "./performance.module.css";

function Card({ label, children, under }: { label: string; children: ReactNode; under: ReactNode }) {
  return (
    <div className={classes.card}>
      <dt className={classes.label}>{label}</dt>
      <dd className={classes.value}>{children}</dd>
      <dd className={classes.under}>{under}</dd>
    </div>
  );
}

export function Cards({ total }: { total: FiguresPartsFragment }) {
  return (
    <dl className={classes.cards}>
      <Card
        label="Bought"
        under={
          <>
            average{" "}
            <Figure
              field="averageBuy"
              text={eurPerMwh(total.averageBuyPrice)}
              exact={total.averageBuyPrice}
            />
          </>
        }
      >
        <Figure field="bought" text={mwh(total.boughtMwh)} unit="MWh" exact={total.boughtMwh} />
      </Card>
      <Card
        label="Sold"
        under={
          <>
            average{" "}
            <Figure
              field="averageSell"
              text={eurPerMwh(total.averageSellPrice)}
              exact={total.averageSellPrice}
            />
          </>
        }
      >
        <Figure field="sold" text={mwh(total.soldMwh)} unit="MWh" exact={total.soldMwh} />
      </Card>
      <Card label="Average" under={<Figure field="deals" text={countOf(total.dealCount, "deal")} />}>
        <Figure
          field="average"
          text={eurPerMwh(total.averagePrice)}
          unit="EUR/MWh"
          exact={total.averagePrice}
        />
      </Card>
      <Card
        label="PnL (cash)"
        under={
          <>
            vs reference{" "}
            <Figure
              field="pnlAgainstReference"
              text={eur(total.pnlAgainstReferenceEur, "always")}
              exact={total.pnlAgainstReferenceEur}
              money
            />
          </>
        }
      >
        <Figure field="pnl" text={eur(total.pnlEur, "always")} unit="EUR" exact={total.pnlEur} money />
      </Card>
    </dl>
  );
}
