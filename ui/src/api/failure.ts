// What went wrong with a request, in words that say what to do?
import type { CombinedError } from "urql";

export type FailureKind = "unreachable" | "forbidden" | "signed out" | "bad request" | "limit" | "server";

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

const WORDS: Record<FailureKind, Omit<Failure, "kind">> = {
  unreachable: {
    title: "The server cannot be reached",
    advice: "Nothing is shown rather than something old. The page keeps trying by itself.",
  },
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

export function failureOf(error: CombinedError): Failure {
  const first = error.graphQLErrors[0];
  if (!first) return { kind: "unreachable", ...WORDS.unreachable };
  const kind = CODES[String(first.extensions.code)] ?? "server";
  const words = WORDS[kind];
  // The server knows best what was wrong with the input, and says it in its message.
  return kind === "bad request" ? { kind, ...words, advice: first.message } : { kind, ...words };
}
