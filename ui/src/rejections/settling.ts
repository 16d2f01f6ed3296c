// How can a person settle a rejected message, and what is said when it does not work?
import type { CombinedError } from "urql";
import { failureOf } from "../api/failure";
import type { HealthPageQuery, MarketQuery, Resolution } from "../gql/graphql";

export type Rejection = HealthPageQuery["rejections"]["edges"][number]["node"];
export type Way = "accept" | "period" | "discard";

/** As the server's `PERIOD_IN_DOUBT`: a person who knows the period makes a deal of the message. */
const PERIOD_IN_DOUBT = ["AMBIGUOUS_PERIOD", "NO_SUCH_PERIOD", "INVALID: delivery_hour"];

/** As long as the server takes. */
export const LONGEST_REASON = 500;

/** Whose deals they are must not decide what they are, and an auditor changes nothing. */
export function maySettle({ roles }: Pick<MarketQuery["viewer"], "roles">): boolean {
  return roles.includes("ANALYST");
}

/** The ways that can lead anywhere, the likelier one first, each with what it does. */
export function waysOf({ reason }: Pick<Rejection, "reason">): { way: Way; text: string }[] {
  if (reason === "CONFLICT") {
    return [
      { way: "accept", text: "Accept: this content replaces what is recorded" },
      { way: "discard", text: "Discard: what is recorded stays" },
    ];
  }
  if (PERIOD_IN_DOUBT.includes(reason)) {
    return [
      { way: "period", text: "It is a deal of the period" },
      { way: "discard", text: "Discard: it is no deal" },
    ];
  }
  return [
    { way: "discard", text: "Discard: it is no deal" },
    { way: "accept", text: "Accept: read it again, by today's rules" },
  ];
}

export function resolutionOf(way: Way, label: string): Resolution {
  if (way === "period") return { period: label.trim() };
  return way === "accept" ? { accept: true } : { discard: true };
}

/** What a person leaves out, in the order of the form; null when the server may be asked. */
export function missingIn(way: Way | null, label: string, reason: string): string | null {
  if (way === null) return "Choose what is to be done with it.";
  if (way === "period" && label.trim() === "") return "Say which period it is a deal of, like 02-03A.";
  if (reason.trim() === "") return "Say why, in a few words: the reason is recorded with your name.";
  return null;
}

/** Refusals are the server's to explain; of anything else nobody knows whether it went through. */
export function refusalOf(error: CombinedError): string {
  const first = error.graphQLErrors[0];
  const code = first?.extensions.code;
  if (first && (code === "BAD_USER_INPUT" || code === "FORBIDDEN")) {
    return `${first.message.charAt(0).toUpperCase()}${first.message.slice(1)}.`;
  }
  const title = failureOf(error).title.replace(/(, trying again)?[….]*$/, "");
  return `${title}. It may be settled all the same: see whether it is still listed before you try again.`;
}
