// What does a person read on the dashboard? Printed as JSON, to be held against an independent calculation.
//
//   WATTBOOK_URL=http://127.0.0.1:8000 node browser/read-dashboard.mjs "/?trader=trader_1&day=2023-02-06" \
//     [--wait-deals 3] [--wait FIELD=TEXT] [--timeout 20] [--user trader_1] [--screenshot FILE]
//
// Figures are printed as they are shown, with plain spaces and hyphens for the typographic ones. --wait looks at the
// headline and cards and may be repeated. Exit code 0 when read, 1 when it did not come to that in time: what the page
// said instead is printed all the same.
import { parseArgs } from "node:util";
import { baseAddress, launch, PERSON, print } from "./launch.mjs";
import { readPage } from "./reading.mjs";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    "wait-deals": { type: "string" },
    wait: { type: "string", multiple: true, default: [] },
    timeout: { type: "string", default: "20" },
    user: { type: "string" },
    screenshot: { type: "string" },
  },
});
const base = baseAddress();
const address = new URL(positionals[0] ?? "/", base);

const awaited = values.wait.map((each) => {
  const split = each.indexOf("=");
  return [each.slice(0, split), each.slice(split + 1)];
});
if (values["wait-deals"] !== undefined) awaited.push(["deals", values["wait-deals"]]);

const settled = (seen) =>
  (seen.state === "Live" || seen.state === "As of") &&
  seen.loaded &&
  awaited.every(([field, text]) => (seen.total[field] ?? seen[field]) === text);

const browser = await launch();
let seen = null;
let ok = false;
try {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...PERSON });
  if (values.user) {
    const cookie = {
      name: "wattbook-user",
      value: encodeURIComponent(values.user),
      url: base,
      sameSite: "Strict",
    };
    await context.addCookies([cookie]);
  }
  const page = await context.newPage();
  await page.goto(address.href);
  const until = Date.now() + Number(values.timeout) * 1000;
  do {
    seen = await page.evaluate(readPage);
    ok = settled(seen);
    if (!ok) await page.waitForTimeout(50);
  } while (!ok && Date.now() < until);
  if (values.screenshot) await page.screenshot({ path: values.screenshot });
} finally {
  await browser.close();
}
print({ ok, url: address.href, ...seen });
process.exit(ok ? 0 : 1);
