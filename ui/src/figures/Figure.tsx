// How does one figure stand on the screen? Aligned, muted when stale, and briefly tinted when it changes.
import { type ReactNode, useEffect, useRef } from "react";
import { usePreferences } from "../preferences/preferences";
import classes from "./figure.module.css";

const FADE_MS = 600;
const AT_MOST_EVERY_MS = 1_000;
const HIDDEN = "•••";

const THIN_SPACE = /(\u2009)/;

/** The thin spaces stand alone, so that where digits are bold they can be given a little more room. */
function spaced(text: string): ReactNode {
  if (!THIN_SPACE.test(text)) return text;
  return text.split(THIN_SPACE).map((part, place) =>
    THIN_SPACE.test(part) ? (
      // biome-ignore lint/suspicious/noArrayIndexKey: a part is known by nothing but its place
      <span key={place} className={classes.thousands}>
        {part}
      </span>
    ) : (
      part
    ),
  );
}

interface FigureProps {
  /** What the figure is, for whoever reads the page by machine. */
  field: string;
  text: string;
  unit?: string;
  /** An amount of money, which can be hidden from people looking over a shoulder. */
  money?: boolean;
  /** The unrounded value, shown on pointing at the figure. */
  exact?: string | null | undefined;
}

export function Figure({ field, text, unit, money = false, exact }: FigureProps) {
  const element = useRef<HTMLSpanElement>(null);
  const before = useRef(text);
  const tintedAt = useRef(Number.NEGATIVE_INFINITY);
  const hidden = usePreferences().hideMoney && money;

  useEffect(() => {
    if (before.current === text) return;
    before.current = text;
    const now = performance.now();
    // More than three tints a second would be a flashing screen; one is enough to catch the eye.
    if (now - tintedAt.current < AT_MOST_EVERY_MS) return;
    if (window.matchMedia("(prefers-reduced-motion: reduce)").matches) return;
    tintedAt.current = now;
    element.current?.animate?.([{ backgroundColor: "var(--changed)" }, { backgroundColor: "transparent" }], {
      duration: FADE_MS,
      easing: "ease-out",
    });
  }, [text]);

  return (
    <span
      ref={element}
      className={classes.figure}
      data-field={field}
      data-unknown={text === "—" || undefined}
      title={hidden ? undefined : (exact ?? undefined)}
    >
      {hidden ? HIDDEN : spaced(text)}
      {unit && (
        <span className={classes.unit} data-unit>
          {" "}
          {unit}
        </span>
      )}
    </span>
  );
}
