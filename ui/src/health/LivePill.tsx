// Is what the screen shows live? A dot and a word, never the dot alone.
import classes from "./health.module.css";
import { usePulse } from "./PulseContext";

const WORDS = { connecting: "Connecting", checking: "Checking", live: "Live", stale: "Stale" } as const;

export function LivePill({ at }: { at: string | null }) {
  const { phase } = usePulse().freshness;
  const state = at === null ? phase : "as of";
  return (
    <span className={classes.pill} data-state={state} data-field="state">
      <span className={classes.dot} aria-hidden="true" />
      {at === null ? WORDS[phase] : "As of"}
    </span>
  );
}
