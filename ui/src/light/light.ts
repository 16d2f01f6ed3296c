// What does a light say, on which shape and in which words? Colour only ever repeats it.
import type { Light, LightReason } from "../gql/graphql";

export type Shape = "above" | "not-above" | "unknown";

export interface Sight {
  shape: Shape;
  /** For the headline: "Above reference". */
  headline: string;
  /** For a row: "above". */
  word: string;
}

/** Stale figures say nothing about now, so their light is unknown. */
export function sightOf(light: Light, reason: LightReason | null | undefined, stale: boolean): Sight {
  if (stale) return { shape: "unknown", headline: "Stale", word: "stale" };
  if (light === "GREEN") return { shape: "above", headline: "Above reference", word: "above" };
  if (light === "RED") return { shape: "not-above", headline: "Not above reference", word: "not above" };
  if (reason === "NO_REFERENCE_PRICE") {
    return { shape: "unknown", headline: "No reference price", word: "no reference" };
  }
  if (reason === "NO_DEALS") return { shape: "unknown", headline: "No deals", word: "no deals" };
  return { shape: "unknown", headline: "Unknown", word: "unknown" };
}
