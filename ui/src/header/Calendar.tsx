// Which day, picked from a month? Fetched when it is first opened.
import { DatePicker } from "@mantine/dates";
import "@mantine/dates/styles.css";

interface CalendarProps {
  day: string;
  today: string;
  choose: (day: string) => void;
}

export default function Calendar({ day, today, choose }: CalendarProps) {
  return (
    <DatePicker
      value={day}
      defaultDate={day}
      size="sm"
      firstDayOfWeek={1}
      // Weekends would be red, and red means the light.
      weekendDays={[]}
      highlightToday={false}
      getDayProps={(each) => (each === today ? { "aria-current": "date" } : {})}
      onChange={(chosen) => chosen && choose(chosen)}
    />
  );
}
