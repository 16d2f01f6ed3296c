// Can the dashboard be worked with the keyboard alone, and does the address always say what is on the screen?
//
//   WATTBOOK_URL=http://127.0.0.1:8000 node browser/check-keyboard.mjs [--day 2023-02-06] [--trader trader_1]
import { parseArgs } from "node:util";
import { baseAddress, launch, PERSON, print } from "./launch.mjs";

const { values } = parseArgs({ options: { day: { type: "string" }, trader: { type: "string" } } });
const base = baseAddress();
const browser = await launch();
const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...PERSON });
const page = await context.newPage();
let failed = 0;

async function expect(name, wanted) {
  const until = Date.now() + 5_000;
  let ok = await wanted();
  while (!ok && Date.now() < until) {
    await page.waitForTimeout(50);
    ok = await wanted();
  }
  if (!ok) failed += 1;
  print({ step: name, ok, address: page.url().slice(base.length) });
}

const search = () => new URL(page.url()).searchParams;
const dialogs = () => page.getByRole("dialog").count();
const focused = () =>
  page.evaluate(() => document.activeElement?.closest("[data-period]")?.dataset.period ?? null);
const money = () => page.locator('main dl [data-field="pnl"]').textContent();

try {
  await page.goto(`${base}/?${new URLSearchParams(values)}`);
  await page.locator("main[data-loaded] table").waitFor();
  const today = search().get("day");

  await page.keyboard.press("?");
  await expect("? opens the help", async () => (await dialogs()) === 1);
  await page.keyboard.press("Escape");
  await expect("Escape closes it", async () => (await dialogs()) === 0);

  await page.keyboard.press("[");
  await expect("[ goes a day back", () => search().get("day") !== null && search().get("day") !== today);
  await page.keyboard.press("]");
  await expect("] goes a day on", () => search().get("day") === today);
  await page.locator("main[data-loaded] table").waitFor();

  await page.keyboard.press("j");
  await page.keyboard.press("j");
  const second = await page.locator("main tr[data-period]").nth(1).getAttribute("data-period");
  await expect("j walks to the next row", async () => (await focused()) === second);
  await page.keyboard.press("Enter");
  await expect(
    "Enter opens its deals",
    async () => search().get("period") === second && (await dialogs()) === 1,
  );
  await page.keyboard.press("Escape");
  await expect("Escape closes them", async () => search().get("period") === null && (await dialogs()) === 0);
  await expect("the row has the focus again", async () => (await focused()) === second);

  await page.keyboard.press("e");
  await expect("e goes to the export of what is shown", () =>
    page.evaluate(() => document.activeElement?.matches('footer a[href*="/export/deals.csv?"]')),
  );

  await page.keyboard.press(".");
  await expect(". hides money", async () => (await money())?.startsWith("•••"));
  await page.keyboard.press(".");
  await expect(". shows it again", async () => !(await money())?.startsWith("•••"));

  await page.keyboard.press("/");
  await expect("/ goes to the trader", () =>
    page.evaluate(() => document.activeElement?.ariaLabel === "Trader"),
  );
  await page.keyboard.press("Escape");

  await page.goto(`${base}/?at=1`);
  await page.locator("header[data-as-of]").waitFor();
  await page.keyboard.press("l");
  await expect("l goes back to live", async () => search().get("at") === null);
  await page.goBack();
  await expect("back goes back to the past", () => search().get("at") === "1");
} finally {
  await browser.close();
}
print({ ok: failed === 0, failed });
process.exit(failed === 0 ? 0 : 1);
