// What has this person chosen about the look? Kept in the browser, and read back forgivingly.
import { createContext, useCallback, useContext, useState } from "react";

export type Palette = "green-red" | "blue-amber";

export interface Preferences {
  palette: Palette;
  hideMoney: boolean;
}

const KEY = "wattbook-preferences";
const AS_SHIPPED: Preferences = { palette: "green-red", hideMoney: false };

export function readPreferences(stored: string | null): Preferences {
  try {
    const found = JSON.parse(stored ?? "{}");
    return {
      palette: found.palette === "blue-amber" ? "blue-amber" : "green-red",
      hideMoney: found.hideMoney === true,
    };
  } catch {
    return AS_SHIPPED;
  }
}

export interface PreferencesStore extends Preferences {
  prefer: (change: Partial<Preferences>) => void;
}

export const PreferencesContext = createContext<PreferencesStore>({ ...AS_SHIPPED, prefer: () => {} });

export const usePreferences = () => useContext(PreferencesContext);

export function usePreferencesStore(): PreferencesStore {
  const [preferences, setPreferences] = useState(() => readPreferences(localStorage.getItem(KEY)));
  const prefer = useCallback((change: Partial<Preferences>) => {
    setPreferences((before) => {
      const after = { ...before, ...change };
      localStorage.setItem(KEY, JSON.stringify(after));
      return after;
    });
  }, []);
  return { ...preferences, prefer };
}
