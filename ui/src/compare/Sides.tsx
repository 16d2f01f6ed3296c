// How did the figures stand before, and how after? What differs is marked, not only by its weight.
import { Figure } from "../figures/Figure";
import { eur, eurPerMwh, mwh, whole } from "../format";
import frame from "../frame/frame.module.css";
import type { FiguresPartsFragment } from "../gql/graphql";
import { Sight } from "../light/Sight";
import classes from "./compare.module.css";

type Figures = FiguresPartsFragment;

const ROWS: [name: string, unit: string, write: (figures: Figures) => string, money?: true][] = [
  ["Deals", "", ({ dealCount }) => whole(dealCount)],
  ["Bought", "MWh", ({ boughtMwh }) => mwh(boughtMwh)],
  ["Sold", "MWh", ({ soldMwh }) => mwh(soldMwh)],
  ["Position", "MWh", ({ positionMwh }) => mwh(positionMwh, "always")],
  ["Average", "EUR/MWh", ({ averagePrice }) => eurPerMwh(averagePrice)],
  ["Reference", "EUR/MWh", ({ referencePrice }) => eurPerMwh(referencePrice)],
  ["PnL vs reference", "EUR", (figures) => eur(figures.pnlAgainstReferenceEur, "always"), true],
  ["PnL (cash)", "EUR", ({ pnlEur }) => eur(pnlEur, "always"), true],
];

interface SidesProps {
  before: Figures;
  after: Figures;
  /** What stands over each column. */
  heads: [before: string, after: string];
}

export function Sides({ before, after, heads }: SidesProps) {
  const differs = before.delta !== after.delta || before.light !== after.light;
  return (
    <table className={`${frame.table} ${classes.sides}`} aria-label="The figures before and after">
      <thead>
        <tr>
          <th scope="col">Figure</th>
          {heads.map((head) => (
            <th key={head} scope="col" className={frame.number}>
              {head}
            </th>
          ))}
          <th scope="col">Changed</th>
        </tr>
      </thead>
      <tbody>
        <tr data-changed={differs || undefined}>
          <th scope="row">vs reference EUR/MWh</th>
          <td className={frame.number}>
            <Sight figures={before} stale={false} />
          </td>
          <td className={frame.number}>
            <Sight figures={after} stale={false} />
          </td>
          <td>{differs ? "changed" : ""}</td>
        </tr>
        {ROWS.map(([name, unit, write, money]) => {
          const [then, now] = [write(before), write(after)];
          return (
            <tr key={name} data-changed={then !== now || undefined}>
              <th scope="row">
                {name} {unit}
              </th>
              <td className={frame.number}>
                <Figure field="before" text={then} money={money ?? false} />
              </td>
              <td className={frame.number}>
                <Figure field="after" text={now} money={money ?? false} />
              </td>
              <td>{then === now ? "" : "changed"}</td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}
