// What shape has the light? A ring with a triangle up, a filled square with a triangle down, a dashed ring with a bar.

import type { Shape } from "./light";
import classes from "./light.module.css";

export function LightMark({ shape, size = 16 }: { shape: Shape; size?: number }) {
  return (
    <svg
      className={classes.mark}
      data-shape={shape}
      width={size}
      height={size}
      viewBox="0 0 16 16"
      aria-hidden="true"
    >
      {shape === "above" && (
        <>
          <circle cx="8" cy="8" r="6.75" fill="none" stroke="currentColor" strokeWidth="1.5" />
          <path d="M8 4.6 11.4 10.4H4.6Z" fill="currentColor" />
        </>
      )}
      {shape === "not-above" && (
        <>
          <rect x="1" y="1" width="14" height="14" rx="2" fill="currentColor" />
          <path className={classes.cutOut} d="M8 11.6 4.4 5.4H11.6Z" />
        </>
      )}
      {shape === "unknown" && (
        <>
          <circle
            cx="8"
            cy="8"
            r="6.75"
            fill="none"
            stroke="currentColor"
            strokeWidth="1.5"
            strokeDasharray="2.6 1.64"
          />
          <path d="M5 8H11" stroke="currentColor" strokeWidth="1.5" />
        </>
      )}
    </svg>
  );
}
