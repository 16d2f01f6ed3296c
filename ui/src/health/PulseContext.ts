// How do the parts of the page learn the server's pulse?
import { createContext, useContext, useEffect, useState } from "react";
import type { Pulse } from "./useHealth";

export const PulseContext = createContext<Pulse | null>(null);

export function usePulse(): Pulse {
  const pulse = useContext(PulseContext);
  if (!pulse) throw new Error("usePulse is only for parts inside PulseContext");
  return pulse;
}

/** The server's clock, looked at again as each of its seconds begins: a clock must not lag behind what it dates. */
export function useServerNow(): number {
  const { serverNow } = usePulse();
  const [now, setNow] = useState(serverNow);
  useEffect(() => {
    let timer: number | undefined;
    const look = () => {
      const seen = serverNow();
      setNow(seen);
      timer = window.setTimeout(look, 1_000 - (seen % 1_000));
    };
    look();
    return () => window.clearTimeout(timer);
  }, [serverNow]);
  return now;
}
