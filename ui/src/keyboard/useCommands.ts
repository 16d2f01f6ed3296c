// How does a part of the page answer to a key?
import { useEffect, useRef } from "react";
import { type Command, commandFor } from "./commands";

export function useCommands(answers: Partial<Record<Command, () => void>>): void {
  const latest = useRef(answers);
  useEffect(() => {
    latest.current = answers;
  });
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      // A dialog keeps the keys to itself, except for the one that also closes the help.
      if (document.querySelector('[role="dialog"]') && event.key !== "?") return;
      const command = commandFor(event);
      const answer = command && latest.current[command];
      if (!answer) return;
      event.preventDefault();
      answer();
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, []);
}
