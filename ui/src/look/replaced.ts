// What if the server was upgraded while the page was open? Parts that are fetched later are gone then: start afresh.

const KEY = "wattbook-reloaded-at";
const NOT_AGAIN_WITHIN_MS = 60_000;

/** The address holds all of the screen, so a reload changes nothing but the version. Never twice a minute. */
export function reloadWhenReplaced(): void {
  window.addEventListener("vite:preloadError", (event) => {
    const before = Number(sessionStorage.getItem(KEY) ?? 0);
    if (Date.now() - before < NOT_AGAIN_WITHIN_MS) return;
    sessionStorage.setItem(KEY, String(Date.now()));
    event.preventDefault();
    window.location.reload();
  });
}
