// Which figures do the listed deals add up to, and against which reference price?
import type { ReactNode } from "react";
import { Figure } from "../figures/Figure";
import { deltaOf, eur, eurPerMwh, mwh } from "../format";
import type { FiguresPartsFragment } from "../gql/graphql";
import { LightMark } from "../light/LightMark";
import { sightOf } from "../light/light";
import light from "../light/light.module.css";
import { useMarket } from "../market/MarketContext";
import { dateAndMinute } from "../market/time";
import classes from "./deals.module.css";

interface EvidenceProps {
  figures: FiguresPartsFragment;
  lastUpdate: string | null;
  stale: boolean;
}

export function Evidence({ figures, lastUpdate, stale }: EvidenceProps) {
  const zone = useMarket().market.timeZone;
  const sight = sightOf(figures.light, figures.lightReason, stale);
  const updated = lastUpdate && ` (updated ${dateAndMinute(zone, lastUpdate)})`;
  return (
    <dl className={classes.evidence}>
      <Item name="vs reference">
        <span className={`${light.sight} ${light.inline}`} data-light={sight.shape}>
          <LightMark shape={sight.shape} />
          {sight.headline}
          {figures.delta !== null && (
            <Figure field="delta" text={deltaOf(figures)} unit="EUR/MWh" exact={figures.delta} />
          )}
        </span>
      </Item>
      <Item name="PnL (cash)">
        <Figure field="pnl" text={eur(figures.pnlEur, "always")} unit="EUR" exact={figures.pnlEur} money />
      </Item>
      <Item name="Average">
        <Figure
          field="average"
          text={eurPerMwh(figures.averagePrice)}
          unit="EUR/MWh"
          exact={figures.averagePrice}
        />
      </Item>
      <Item name={<>Reference{updated}</>}>
        <Figure
          field="reference"
          text={eurPerMwh(figures.referencePrice)}
          unit="EUR/MWh"
          exact={figures.referencePrice}
        />
      </Item>
      <Item name="Position">
        <Figure field="position" text={mwh(figures.positionMwh, "always")} unit="MWh" />
      </Item>
      <Item name="Realised PnL">
        <Figure field="realised" text={eur(figures.realisedPnlEur, "always")} unit="EUR" money />
      </Item>
      <Item name="Unrealised PnL">
        <Figure field="unrealised" text={eur(figures.unrealisedPnlEur, "always")} unit="EUR" money />
      </Item>
    </dl>
  );
}

function Item({ name, children }: { name: ReactNode; children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
