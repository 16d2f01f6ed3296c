// Known when? Live, or as of a position in the log: then the page says so and offers the way back.
import { Button, Popover, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { whole } from "../format";
import { usePulse } from "../health/PulseContext";
import { useCommands } from "../keyboard/useCommands";
import classes from "./header.module.css";

interface KnowledgeProps {
  at: string | null;
  go: (position: string | null) => void;
}

export function Knowledge({ at, go }: KnowledgeProps) {
  const [choosing, setChoosing] = useState(false);
  const [text, setText] = useState("");
  const head = usePulse().health?.projectionPosition ?? null;
  useCommands({ live: () => go(null) });

  const position = text.replace(/\s/g, "");
  const valid = /^\d{1,19}$/.test(position);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!valid) return;
    setChoosing(false);
    go(position);
  };
  return (
    <>
      <Popover opened={choosing} onChange={setChoosing} position="bottom-start" trapFocus returnFocus>
        <Popover.Target>
          <Button
            variant="default"
            size="xs"
            aria-expanded={choosing}
            className={classes.knowledge}
            onClick={() => {
              setText(at ?? head ?? "");
              setChoosing(!choosing);
            }}
          >
            {at === null ? "Live" : `As of ${whole(at)}`}
            <span aria-hidden="true" className={classes.caret}>
              ▾
            </span>
          </Button>
        </Popover.Target>
        <Popover.Dropdown aria-label="Choose a moment of knowledge">
          <form className={classes.moment} onSubmit={submit}>
            <TextInput
              data-autofocus
              size="xs"
              label="As of log position"
              description="Shows the figures as they were known then."
              inputMode="numeric"
              value={text}
              onChange={(event) => setText(event.currentTarget.value)}
              error={text !== "" && !valid ? "A position is a whole number." : undefined}
            />
            <Button type="submit" size="xs" variant="default" disabled={!valid}>
              Show
            </Button>
          </form>
        </Popover.Dropdown>
      </Popover>
      {at !== null && (
        <Button size="xs" variant="default" onClick={() => go(null)}>
          Back to live
        </Button>
      )}
    </>
  );
}
