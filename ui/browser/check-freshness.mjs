// Does the dashboard look disconnected when it is, and say live again only when it is live again?
//
//   WATTBOOK_URL=http://127.0.0.1:8000 node browser/check-freshness.mjs [ADDRESS]
//
// The stream is cut and silenced between the browser and the server, so any running Wattbook will do.
import { baseAddress, launch, PERSON, print } from "./launch.mjs";
import { readPage } from "./reading.mjs";

const base = baseAddress();
const address = new URL(process.argv[2] ?? "/", base).href;
const browser = await launch();
const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...PERSON });
const page = await context.newPage();

let silent = false;
let refused = false;
const open = new Set();
await page.routeWebSocket("**/graphql", (near) => {
  if (refused) return near.close({ code: 1013 });
  const far = near.connectToServer();
  open.add(near);
  near.onMessage((message) => far.send(message));
  far.onMessage((message) => silent || near.send(message));
  far.onClose((code, reason) => near.close({ code: code ?? 1000, reason }));
});

let failed = 0;

async function expect(name, wanted, within) {
  const from = Date.now();
  let seen;
  do {
    seen = await page.evaluate(readPage);
    if (wanted(seen)) break;
    await page.waitForTimeout(50);
  } while (Date.now() - from < within);
  const ok = wanted(seen);
  if (!ok) failed += 1;
  const { state, muted, banners, total } = seen;
  print({
    check: name,
    ok,
    afterMs: Date.now() - from,
    state,
    muted,
    stale: banners.stale ?? null,
    shape: total.shape,
  });
}

const live = (seen) => seen.state === "Live" && !seen.muted && seen.loaded;
const stale = (seen) =>
  seen.state === "Stale" &&
  seen.muted &&
  seen.total.shape === "unknown" &&
  /^Data as of \d/.test(seen.banners.stale);

try {
  await page.goto(address);
  await expect("an opened page becomes live", live, 15_000);

  silent = true;
  await expect("a stream that falls silent makes the page stale", stale, 9_000);
  silent = false;
  await expect("a stream that speaks again makes it live", live, 15_000);

  for (const near of open) await near.close({ code: 1012 });
  await expect(
    "a stream that was cut is taken up again",
    (seen) => live(seen) && seen.banners.stale === undefined,
    6_000,
  );

  refused = true;
  for (const near of open) await near.close({ code: 1012 });
  await expect("a server that takes no connection makes the page stale", stale, 9_000);
  refused = false;
  await expect("a server that is back makes it live", live, 15_000);
} finally {
  await browser.close();
}
print({ ok: failed === 0, failed });
process.exit(failed === 0 ? 0 : 1);
