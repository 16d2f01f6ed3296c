// What do a moment, a day and an age read like on the market's clock? The browser's own zone never matters.

const MS_PER_DAY = 86_400_000;
const formatters = new Map<string, Intl.DateTimeFormat>();

function formatter(zone: string, name: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${zone} ${name}`;
  let found = formatters.get(key);
  if (!found) {
    found = new Intl.DateTimeFormat("en-GB", { timeZone: zone, hourCycle: "h23", ...options });
    formatters.set(key, found);
  }
  return found;
}

const TIME: Intl.DateTimeFormatOptions = { hour: "2-digit", minute: "2-digit", second: "2-digit" };

/** "14:03:27" */
export function timeOfDay(zone: string, moment: string | number): string {
  return formatter(zone, "time", TIME).format(new Date(moment));
}

/** "14:03:27 CET" */
export function clock(zone: string, moment: string | number): string {
  return formatter(zone, "clock", { ...TIME, timeZoneName: "short" }).format(new Date(moment));
}

/** "2023-02-06", the market's day at that moment. */
export function dayOf(zone: string, moment: string | number): string {
  const parts = formatter(zone, "day", { year: "numeric", month: "2-digit", day: "2-digit" }).formatToParts(
    new Date(moment),
  );
  const part = (type: string) => parts.find((each) => each.type === type)?.value ?? "";
  return `${part("year")}-${part("month")}-${part("day")}`;
}

/** "14:03:27" on the market's `today`, else "6 Feb 14:03:27" */
export function momentSeenFrom(zone: string, moment: string, today: string): string {
  const time = timeOfDay(zone, moment);
  if (dayOf(zone, moment) === today) return time;
  const date = formatter(zone, "date", { day: "numeric", month: "short" }).format(new Date(moment));
  return `${date} ${time}`;
}

/** "6 Feb 14:03", for what changes rarely. */
export function dateAndMinute(zone: string, moment: string): string {
  const date = formatter(zone, "date", { day: "numeric", month: "short" }).format(new Date(moment));
  return `${date} ${timeOfDay(zone, moment).slice(0, 5)}`;
}

/** "Mon 6 Feb 2023" from "2023-02-06" */
export function dayName(day: string): string {
  return formatter("UTC", "day-name", { weekday: "short", day: "numeric", month: "short", year: "numeric" })
    .format(new Date(`${day}T00:00:00Z`))
    .replace(",", "");
}

export function addDays(day: string, days: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * MS_PER_DAY).toISOString().slice(0, 10);
}

export function isDay(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const moment = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(moment) && new Date(moment).toISOString().startsWith(text);
}

/** "0.4 s", "6 min", "3 h", "2 days" */
export function age(milliseconds: number): string {
  const seconds = Math.max(0, milliseconds) / 1000;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 100) return `${Math.floor(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 100) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours} h`;
  return `${Math.floor(hours / 24)} days`;
}
