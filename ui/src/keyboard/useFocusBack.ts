// Where does the focus go when a dialog closes? Back to what opened it, so that the keyboard goes on from there.
import { useEffect, useState } from "react";

/** For a dialog that exists only while it is open. */
export function useFocusBack(): void {
  const [opener] = useState(() => document.activeElement);
  useEffect(
    () => () => {
      if (opener instanceof HTMLElement) opener.focus({ preventScroll: true });
    },
    [opener],
  );
}
