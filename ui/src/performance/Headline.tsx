// Am I right now? The light of the whole day, by how much, and how much of the energy it speaks for.

import { Figure } from "../figures/Figure";
import { deltaOf, eurPerMwh, mwh } from "../format";
import type { FiguresPartsFragment } from "../gql/graphql";
import { LightAnnouncement } from "../light/LightAnnouncement";
import { LightMark } from "../light/LightMark";
import { sightOf } from "../light/light";
import classes from "./performance.module.css";

export function Headline({
  total,
  stale,
  live,
}: {
  total: FiguresPartsFragment;
  stale: boolean;
  live: boolean;
}) {
  const sight = sightOf(total.light, total.lightReason, stale);
  const delta = deltaOf(total);
  const empty = total.dealCount === 0;
  return (
    <section className={classes.headline} aria-label="Against the reference price" data-light={sight.shape}>
      <div className={classes.verdict}>
        <LightMark shape={sight.shape} size={36} />
        <div>
          <p className={classes.word} data-field="light">
            {sight.headline}
          </p>
          {!empty && (
            <p className={classes.delta}>
              <Figure field="delta" text={delta} unit="EUR/MWh" exact={total.delta} />
            </p>
          )}
        </div>
      </div>
      <p className={classes.under}>
        {empty ? (
          "Nothing to compare"
        ) : (
          <>
            <Figure field="priced" text={mwh(total.pricedMwh)} /> of{" "}
            <Figure field="traded" text={mwh(total.tradedMwh)} /> MWh priced
          </>
        )}
        {total.referencePrice !== null && (
          <>
            {" · reference "}
            <Figure field="reference" text={eurPerMwh(total.referencePrice)} exact={total.referencePrice} />
          </>
        )}
      </p>
      {live && <LightAnnouncement sight={sight} delta={delta} />}
    </section>
  );
}
