// Where does a delivery period stand: still ahead, being delivered, or over?

export type PeriodStatus = "open" | "in delivery" | "delivered";

export function periodStatus(start: string, end: string, now: number): PeriodStatus {
  if (now >= Date.parse(end)) return "delivered";
  if (now >= Date.parse(start)) return "in delivery";
  return "open";
}
