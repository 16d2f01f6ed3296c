// Which rows has the period table, and which of them stand indented under their hour?
import type { PeriodPartsFragment } from "../gql/graphql";

const MS_PER_HOUR = 3_600_000;

export interface PeriodRow {
  entry: PeriodPartsFragment;
  /** A quarter- or half-hour, shown under its hour. */
  withinHour: boolean;
}

/** The server orders by start, then the longer first: an hour comes right before its parts. */
export function rowsOf(periods: readonly PeriodPartsFragment[]): PeriodRow[] {
  return periods.map((entry) => ({
    entry,
    withinHour: Date.parse(entry.period.end) - Date.parse(entry.period.start) < MS_PER_HOUR,
  }));
}

/** "08-09" reads 08–09, "02-03B" reads 02–03 B. */
export function periodName(label: string): string {
  return label.replace("-", "–").replace(/([AB])$/, "\u2009$1");
}
