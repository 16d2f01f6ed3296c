// Where on a drawing of the last hours does each stretch lie?

export interface Stretch {
  start: string;
  /** null while it lasts. */
  end: string | null;
}

export interface Placed {
  x: number;
  width: number;
}

export const WIDTH = 1000;
/** A second in a week is no pixel wide, and must be seen all the same. */
const NARROWEST = 3;

export const SPANS = { "24h": 86_400_000, "7d": 7 * 86_400_000 } as const;
export type Span = keyof typeof SPANS;

export function spanOf(text: string | null): Span {
  return text === "7d" ? "7d" : "24h";
}

/** null where nothing of the stretch lies within the span that ends at `to`. */
export function placed({ start, end }: Stretch, to: number, span: Span): Placed | null {
  const from = to - SPANS[span];
  const begins = Math.max(from, Date.parse(start));
  const ends = Math.min(to, end === null ? to : Date.parse(end));
  if (ends < begins || (end !== null && Date.parse(end) <= from)) return null;
  const scale = WIDTH / SPANS[span];
  const width = Math.max(NARROWEST, (ends - begins) * scale);
  return { x: Math.min((begins - from) * scale, WIDTH - width), width };
}
