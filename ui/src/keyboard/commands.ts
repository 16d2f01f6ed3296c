// Which key asks for what?

export type Command =
  | "help"
  | "previous-day"
  | "next-day"
  | "next-row"
  | "previous-row"
  | "trader"
  | "hide-money"
  | "live"
  | "export";

export const KEYS: Record<string, Command> = {
  "?": "help",
  "[": "previous-day",
  "]": "next-day",
  j: "next-row",
  k: "previous-row",
  "/": "trader",
  ".": "hide-money",
  l: "live",
  e: "export",
};

export interface KeyPress {
  key: string;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
  target: EventTarget | null;
}

/** Keys typed into a field, or held with a modifier, belong to the field or the browser. */
export function commandFor(press: KeyPress): Command | null {
  if (press.ctrlKey || press.metaKey || press.altKey) return null;
  if (press.target instanceof Element && press.target.closest("input, textarea, select, [contenteditable]")) {
    return null;
  }
  return KEYS[press.key] ?? null;
}
