// How do the parts of the page learn the server's pulse?
import { createContext, useContext, useEffect, useState } from "react";
import type { Pulse } from "./useHealth";

export const PulseContext = createContext<Pulse | null>(null);

export function usePulse(): Pulse {
  const pulse = useContext(PulseContext);
  if (!pulse) throw new Error("usePulse is only for parts inside PulseContext");
  return pulse;
}

/** The server's clock, looked at again every second. */
export function useServerNow(): number {
  const { serverNow } = usePulse();
  const [now, setNow] = useState(serverNow);
  useEffect(() => {
    const look = () => setNow(serverNow());
    look();
    const timer = window.setInterval(look, 1_000);
    return () => window.clearInterval(timer);
  }, [serverNow]);
  return now;
}
