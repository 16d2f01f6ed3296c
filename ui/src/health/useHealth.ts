// How is the server, by its own heartbeat, and is what the page shows still current?
import { useCallback, useEffect, useReducer, useRef, useState } from "react";
import { onStreamClosed, reopenStream } from "../api/client";
import { useStream } from "../api/useStream";
import { graphql } from "../gql";
import type { HealthSubscription } from "../gql/graphql";
import { type Freshness, next, opened } from "./freshness";

const HealthDocument = graphql(`
  subscription Health {
    health {
      serverTime
      feeds { name state since lastMessageAt }
      logPosition
      projectionPosition
      referencePriceFetchedAt
      openRejections
      untoldOutages
      warnings { level code message }
    }
  }
`);

export type Health = HealthSubscription["health"];

export interface Pulse {
  health: Health | null;
  freshness: Freshness;
  /** The server's clock now, carried on from its last heartbeat. */
  serverNow: () => number;
  /** To be told when something was recorded: the server's clock cannot be before that. */
  notBefore: (moment: string) => void;
  /** To be told when the figures have been asked again and answered. */
  caughtUp: (check: number) => void;
}

const TICK_MS = 1_000;
const REOPEN_EVERY_TICKS = 10;

export function useHealth(): Pulse {
  const [health, setHealth] = useState<Health | null>(null);
  const [freshness, tell] = useReducer(next, performance.now(), opened);
  const clock = useRef({ server: Date.now(), heard: performance.now() });

  useStream(HealthDocument, {}, false, (data) => {
    const at = performance.now();
    clock.current = { server: Date.parse(data.health.serverTime), heard: at };
    setHealth(data.health);
    tell({ type: "heartbeat", at, serverTime: data.health.serverTime });
  });

  useEffect(() => {
    const wake = () => {
      if (document.visibilityState === "visible") tell({ type: "woke", at: performance.now() });
    };
    const timer = window.setInterval(() => tell({ type: "tick", at: performance.now() }), TICK_MS);
    const stopListening = onStreamClosed(() => tell({ type: "dropped" }));
    document.addEventListener("visibilitychange", wake);
    window.addEventListener("online", wake);
    window.addEventListener("pageshow", wake);
    return () => {
      window.clearInterval(timer);
      stopListening();
      document.removeEventListener("visibilitychange", wake);
      window.removeEventListener("online", wake);
      window.removeEventListener("pageshow", wake);
    };
  }, []);

  // A stale stream may hang on a socket that only looks open: it is dropped at once, then now and again.
  const stale = freshness.phase === "stale";
  useEffect(() => {
    if (!stale) return;
    reopenStream();
    const timer = window.setInterval(reopenStream, TICK_MS * REOPEN_EVERY_TICKS);
    return () => window.clearInterval(timer);
  }, [stale]);

  const serverNow = useCallback(() => clock.current.server + (performance.now() - clock.current.heard), []);
  const notBefore = useCallback((moment: string) => {
    const ahead = Date.parse(moment) - (clock.current.server + (performance.now() - clock.current.heard));
    if (ahead > 0) clock.current = { ...clock.current, server: clock.current.server + ahead };
  }, []);
  const caughtUp = useCallback((check: number) => tell({ type: "caught up", check }), []);
  return { health, freshness, serverNow, notBefore, caughtUp };
}
