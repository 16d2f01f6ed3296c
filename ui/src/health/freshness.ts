// May the figures on the screen be called live? A pure machine of heartbeats, wake-ups and answers.

export const STALE_AFTER_MS = 6_000;

export type Phase = "connecting" | "checking" | "live" | "stale";

export interface Freshness {
  /** connecting: no stream yet, or none just now; checking: the stream runs, the figures are being asked again. */
  phase: Phase;
  /** Figures are not to be trusted: shown muted, with their lights unknown. */
  muted: boolean;
  /** When the last heartbeat arrived (or the page opened), on the browser's monotonic clock. */
  heardAt: number;
  /** The server's clock in the last heartbeat. */
  serverTime: string | null;
  /** The server's clock at the last moment at which the figures were known to be current. */
  currentAt: string | null;
  /** Counts the times the figures had to be asked again: an answer to an older question does not count. */
  check: number;
}

export type FreshnessEvent =
  | { type: "heartbeat"; at: number; serverTime: string }
  | { type: "tick"; at: number }
  | { type: "dropped" }
  | { type: "woke"; at: number }
  | { type: "caught up"; check: number };

export function opened(at: number): Freshness {
  return { phase: "connecting", muted: false, heardAt: at, serverTime: null, currentAt: null, check: 0 };
}

export function next(state: Freshness, event: FreshnessEvent): Freshness {
  switch (event.type) {
    case "heartbeat": {
      const heard = { ...state, heardAt: event.at, serverTime: event.serverTime };
      if (state.phase === "live") return { ...heard, currentAt: event.serverTime };
      if (state.phase === "checking") return heard;
      return { ...heard, phase: "checking", check: state.check + 1 };
    }
    case "tick":
      if (state.phase === "stale" || event.at - state.heardAt <= STALE_AFTER_MS) return state;
      return { ...state, phase: "stale", muted: true };
    case "dropped":
      // Six seconds of grace: a stream that is back before then never mutes the screen.
      return state.phase === "stale" ? state : { ...state, phase: "connecting" };
    case "woke":
      if (event.at - state.heardAt > STALE_AFTER_MS) return { ...state, phase: "stale", muted: true };
      return state.phase === "live" ? { ...state, phase: "checking", check: state.check + 1 } : state;
    case "caught up":
      if (state.phase !== "checking" || event.check !== state.check) return state;
      return { ...state, phase: "live", muted: false, currentAt: state.serverTime };
  }
}
