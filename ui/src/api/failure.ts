// What went wrong with a request, in words that say what to do?
import type { CombinedError } from "urql";
import { whole } from "../format";

export type FailureKind =
  | "unreachable"
  | "database"
  | "forbidden"
  | "signed out"
  | "bad request"
  | "no such day"
  | "no such position"
  | "limit"
  | "server";

export interface Failure {
  kind: FailureKind;
  title: string;
  advice: string;
}

const CODES: Record<string, FailureKind> = {
  FORBIDDEN: "forbidden",
  UNAUTHENTICATED: "signed out",
  BAD_USER_INPUT: "bad request",
  LIMIT_EXCEEDED: "limit",
};

const NOTHING_OLD = "Nothing is shown rather than something old. The page recovers by itself.";

const WORDS: Record<Exclude<FailureKind, "no such day" | "no such position">, Omit<Failure, "kind">> = {
  unreachable: { title: "The server cannot be reached, trying again…", advice: NOTHING_OLD },
  database: { title: "Wattbook's database does not answer, trying again…", advice: NOTHING_OLD },
  forbidden: {
    title: "These figures are not yours to see",
    advice: "A trader sees own deals only. Choose yourself, or ask for another role.",
  },
  "signed out": { title: "You are not signed in", advice: "Sign in again, then reload the page." },
  "bad request": {
    title: "The server did not understand this address",
    advice: "Check the day and the position.",
  },
  limit: { title: "That was more than the server answers at once", advice: "Wait a moment and try again." },
  server: {
    title: "The server failed to answer",
    advice: "The page keeps trying by itself. If it stays so, tell the operators.",
  },
};

/** What may be over in a moment, so that asking again helps. */
const PASSING: readonly FailureKind[] = ["unreachable", "database", "server"];

export const mayPass = ({ kind }: Failure) => PASSING.includes(kind);

/** Title and advice in a line: a title that ends with its own sign gets no other. */
export const inOneLine = ({ title, advice }: Failure) =>
  `${title}${/[.…]$/.test(title) ? "" : "."} ${advice}`;

const PAST_THE_HEAD = /^position (\d+) is past the head of the log, (\d+)$/;
const UNAVAILABLE = 503;

export function failureOf(error: CombinedError): Failure {
  const first = error.graphQLErrors[0];
  if (!first) return { kind: "unreachable", ...WORDS.unreachable };
  if ((error.response as Response | undefined)?.status === UNAVAILABLE) {
    return { kind: "database", ...WORDS.database };
  }
  const kind = (CODES[String(first.extensions.code)] ?? "server") as keyof typeof WORDS;
  if (kind !== "bad request") return { kind, ...WORDS[kind] };
  const past = PAST_THE_HEAD.exec(first.message);
  if (past?.[1] && past[2]) return pastTheHead(past[1], past[2]);
  // The server knows best what was wrong with the input, and says it in its message.
  return { kind, ...WORDS[kind], advice: first.message };
}

function pastTheHead(position: string, head: string): Failure {
  return {
    kind: "no such position",
    title: `There is no position ${whole(position)} yet; the log ends at ${whole(head)}.`,
    advice: "Choose an earlier position, or follow the log live.",
  };
}

/** What an address asks for that cannot be, on no server and at no time. */
export function impossibleDay(text: string): Failure {
  return {
    kind: "no such day",
    title: "There is no such day",
    advice: `The address asks for ${text}. Days are written 2023-02-06.`,
  };
}

export function impossiblePosition(text: string): Failure {
  return {
    kind: "no such position",
    title: "There is no such position",
    advice: `The address asks for ${text}. Positions are whole numbers, counted from 1.`,
  };
}
