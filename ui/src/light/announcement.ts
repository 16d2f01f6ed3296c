// When is a flip of the total's light spoken? At once, but never more than one announcement in ten seconds.
import type { Shape } from "./light";

export const QUIET_MS = 10_000;

export interface Announcer {
  spoken: Shape | null;
  spokenAt: number;
}

export const silent: Announcer = { spoken: null, spokenAt: Number.NEGATIVE_INFINITY };

export interface Turn {
  announcer: Announcer;
  speak: boolean;
  /** Look again after this many milliseconds; null when there is nothing left to say. */
  againIn: number | null;
}

/** The first sight is what the page opened with, not a flip. Unknown lights are shown, not spoken. */
export function turn(announcer: Announcer, shape: Shape, now: number): Turn {
  if (shape === "unknown" || shape === announcer.spoken) return { announcer, speak: false, againIn: null };
  if (announcer.spoken === null) {
    return { announcer: { ...announcer, spoken: shape }, speak: false, againIn: null };
  }
  const wait = announcer.spokenAt + QUIET_MS - now;
  if (wait > 0) return { announcer, speak: false, againIn: wait };
  return { announcer: { spoken: shape, spokenAt: now }, speak: true, againIn: null };
}
