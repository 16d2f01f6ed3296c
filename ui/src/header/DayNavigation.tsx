// Which delivery day? One back, one on, or any from the calendar; days are the market's, whatever the browser's zone.
import { ActionIcon, Button, Popover } from "@mantine/core";
import { lazy, Suspense, useState } from "react";
import { useCommands } from "../keyboard/useCommands";
import { addDays, dayName } from "../market/time";
import classes from "./header.module.css";

const Calendar = lazy(() => import("./Calendar"));

interface DayNavigationProps {
  day: string;
  today: string;
  go: (day: string) => void;
}

export function DayNavigation({ day, today, go }: DayNavigationProps) {
  const [choosing, setChoosing] = useState(false);
  const previous = () => go(addDays(day, -1));
  const following = () => go(addDays(day, 1));
  useCommands({ "previous-day": previous, "next-day": following });
  return (
    <nav className={classes.days} aria-label="Delivery day">
      <ActionIcon variant="default" size={30} aria-label="Previous day" onClick={previous}>
        ‹
      </ActionIcon>
      <Popover opened={choosing} onChange={setChoosing} position="bottom" trapFocus returnFocus>
        <Popover.Target>
          <Button variant="default" size="xs" aria-expanded={choosing} onClick={() => setChoosing(!choosing)}>
            <span data-field="day">{dayName(day)}</span>
          </Button>
        </Popover.Target>
        <Popover.Dropdown aria-label="Choose a delivery day">
          <Suspense>
            <Calendar
              day={day}
              today={today}
              choose={(chosen) => {
                go(chosen);
                setChoosing(false);
              }}
            />
          </Suspense>
        </Popover.Dropdown>
      </Popover>
      <ActionIcon variant="default" size={30} aria-label="Next day" onClick={following}>
        ›
      </ActionIcon>
      {day !== today && (
        <Button variant="subtle" size="xs" px={8} onClick={() => go(today)}>
          Today
        </Button>
      )}
    </nav>
  );
}
