// How does the light stand within a line? Shape, by how much, in a word, in its colour.
import { Figure } from "../figures/Figure";
import { deltaOf } from "../format";
import type { FiguresPartsFragment } from "../gql/graphql";
import { LightMark } from "./LightMark";
import { sightOf } from "./light";
import classes from "./light.module.css";

export function Sight({ figures, stale }: { figures: FiguresPartsFragment; stale: boolean }) {
  const sight = sightOf(figures.light, figures.lightReason, stale);
  return (
    <span className={`${classes.sight} ${classes.inline}`} data-light={sight.shape}>
      <LightMark shape={sight.shape} />
      {figures.delta !== null && <Figure field="delta" text={deltaOf(figures)} exact={figures.delta} />}
      <span data-field="light">{sight.word}</span>
    </span>
  );
}
