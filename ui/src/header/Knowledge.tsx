// Known when? Live, or as of a position in the log: then the page says so and offers the way back.
import { Button, Popover } from "@mantine/core";
import { lazy, Suspense, useState } from "react";
import type { Selection } from "../dashboard/selection";
import { whole } from "../format";
import { usePulse } from "../health/PulseContext";
import { useCommands } from "../keyboard/useCommands";
import classes from "./header.module.css";

// Fetched when somebody first opens it.
const MomentMenu = lazy(() => import("../moments/MomentMenu"));

interface KnowledgeProps {
  selection: Selection;
  go: (position: string | null) => void;
}

function comparisonWithNow({ traderId, day }: Selection, from: string): string {
  const trader = traderId === null ? [] : [["trader", traderId]];
  return `/compare?${new URLSearchParams([...trader, ["day", day], ["from", from]])}`;
}

export function Knowledge({ selection, go }: KnowledgeProps) {
  const { traderId, day, at } = selection;
  const [choosing, setChoosing] = useState(false);
  const head = usePulse().health?.projectionPosition ?? "";
  useCommands({ live: () => go(null) });
  return (
    <>
      <Popover opened={choosing} onChange={setChoosing} position="bottom-start" trapFocus returnFocus>
        <Popover.Target>
          <Button variant="default" size="xs" aria-expanded={choosing} onClick={() => setChoosing(!choosing)}>
            {at === null ? "Live" : `As of ${whole(at)}`}
            <span aria-hidden="true" className={classes.caret}>
              ▾
            </span>
          </Button>
        </Popover.Target>
        <Popover.Dropdown aria-label="Choose a moment of knowledge">
          <Suspense>
            <MomentMenu
              traderId={traderId}
              deliveryDay={day}
              at={at}
              head={head}
              go={go}
              close={() => setChoosing(false)}
            />
          </Suspense>
        </Popover.Dropdown>
      </Popover>
      {at !== null && (
        <>
          <Button size="xs" variant="default" component="a" href={comparisonWithNow(selection, at)}>
            Compare with now
          </Button>
          <Button size="xs" variant="default" onClick={() => go(null)}>
            Back to live
          </Button>
        </>
      )}
    </>
  );
}
