// Who tells a listener that the total's light has flipped? This polite live region.

import { VisuallyHidden } from "@mantine/core";
import { useEffect, useRef, useState } from "react";
import { silent, turn } from "./announcement";
import type { Sight } from "./light";

export function LightAnnouncement({ sight, delta }: { sight: Sight; delta: string }) {
  const announcer = useRef(silent);
  const [text, setText] = useState("");
  const { shape, headline } = sight;
  useEffect(() => {
    let timer: number | undefined;
    const look = () => {
      const next = turn(announcer.current, shape, performance.now());
      announcer.current = next.announcer;
      if (next.speak) setText(`${headline}, ${delta} euro per megawatt hour`);
      if (next.againIn !== null) timer = window.setTimeout(look, next.againIn);
    };
    look();
    return () => window.clearTimeout(timer);
  }, [shape, headline, delta]);
  return (
    <VisuallyHidden role="status" aria-live="polite">
      {text}
    </VisuallyHidden>
  );
}
