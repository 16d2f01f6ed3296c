// What may this viewer see?
import type { MarketQuery } from "../gql/graphql";

/** A viewer who is a trader and nothing more sees own deals only; anybody else may see the whole desk. */
export function seesWholeDesk(viewer: Pick<MarketQuery["viewer"], "roles">): boolean {
  return viewer.roles.some((role) => role !== "TRADER");
}
