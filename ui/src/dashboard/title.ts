// What does the browser's tab say? The light and by how much, for a glance from another tab.

import { deltaOf } from "../format";
import type { FiguresPartsFragment } from "../gql/graphql";
import { sightOf } from "../light/light";

const SIGNS = { above: "▲", "not-above": "▼", unknown: "–" } as const;

export function titleOf(total: FiguresPartsFragment | null, who: string, stale: boolean): string {
  if (total === null) return `${who} · Wattbook`;
  const sight = sightOf(total.light, total.lightReason, stale);
  const said = sight.shape === "unknown" ? sight.word : deltaOf(total);
  return `${SIGNS[sight.shape]} ${said} · ${who} · Wattbook`;
}
