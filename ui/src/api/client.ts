// How does the page talk to the GraphQL API? Queries over HTTP, subscriptions over one socket that never gives up.

import { createClient } from "graphql-ws";
import { Client, fetchExchange, subscriptionExchange } from "urql";

const PONG_WITHIN_MS = 5_000;
const LONGEST_WAIT_MS = 5_000;
const ANSWER_WITHIN_MS = 20_000;

/** Waits longer after each failure, and by a random part, so that a desk's browsers do not return all at once. */
async function waitWithJitter(retries: number): Promise<void> {
  const longest = Math.min(LONGEST_WAIT_MS, 250 * 2 ** Math.min(retries, 10));
  await new Promise((resolve) => setTimeout(resolve, longest * (0.5 + Math.random() / 2)));
}

function socketAddress(): string {
  const address = new URL("/graphql", window.location.href);
  address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
  return address.href;
}

let socket: WebSocket | undefined;
let pongTimer: ReturnType<typeof setTimeout> | undefined;

const stream = createClient({
  url: socketAddress(),
  keepAlive: 10_000,
  retryAttempts: Number.POSITIVE_INFINITY,
  shouldRetry: () => true,
  retryWait: waitWithJitter,
  on: {
    opened: (opened) => {
      socket = opened as WebSocket;
    },
    ping: (received) => {
      if (received) return;
      // A socket can stay open with nobody at the other end: no pong means a new one.
      pongTimer = setTimeout(() => socket?.close(4408, "No pong"), PONG_WITHIN_MS);
    },
    pong: (received) => {
      if (received) clearTimeout(pongTimer);
    },
    closed: () => {
      clearTimeout(pongTimer);
    },
  },
});

/** Drops the socket, dead or alive: the client opens a new one and subscribes again. */
export function reopenStream(): void {
  stream.terminate();
}

export function onStreamClosed(listener: () => void): () => void {
  return stream.on("closed", listener);
}

/** A question that hangs would never be asked again: after a while it counts as not answered. */
const fetchInTime: typeof fetch = (address, options) => {
  const late = AbortSignal.timeout(ANSWER_WITHIN_MS);
  return fetch(address, {
    ...options,
    signal: options?.signal ? AbortSignal.any([options.signal, late]) : late,
  });
};

export const client = new Client({
  url: "/graphql",
  preferGetMethod: false,
  fetch: fetchInTime,
  // No cache: every answer is a snapshot with its own log position, and an old one must never come back.
  exchanges: [
    fetchExchange,
    subscriptionExchange({
      forwardSubscription: ({ query, variables }) => ({
        subscribe: (sink) => ({
          unsubscribe: stream.subscribe(
            { query: query ?? "", variables: variables as Record<string, unknown> },
            { next: (value) => sink.next(value as never), error: sink.error, complete: sink.complete },
          ),
        }),
      }),
    }),
  ],
});
