// Does an auditor get from any figure to its proof, by the pages alone? What is read on the way is printed.
//
//   WATTBOOK_URL=http://127.0.0.1:8000 node browser/check-auditor.mjs --day 2023-02-06 --trader trader_1 --period 08-09
//
// One JSON line a step, a last one with the verdict; exit code 0 when all went well, 1 when something did not.
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { baseAddress, launch, PERSON, print } from "./launch.mjs";

const PATIENCE = { timeout: 15_000 };
const { values } = parseArgs({
  options: { day: { type: "string" }, trader: { type: "string" }, period: { type: "string" } },
});
const { day, trader, period } = values;
const base = baseAddress();
const browser = await launch();
const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...PERSON });
const page = await context.newPage();
let failed = 0;

async function step(name, act) {
  let error = null;
  let seen = null;
  try {
    seen = await act();
  } catch (reason) {
    error = String(reason).split("\n")[0];
    failed += 1;
  }
  print({ step: name, ok: error === null, error, seen });
}

const search = () => new URL(page.url()).searchParams;
const textOf = async (locator) => (await locator.textContent(PATIENCE)).replaceAll("\u2009", "");
const pnl = () => textOf(page.locator('dl [data-field="pnl"]').first());
const positions = (rows, name) =>
  rows.evaluateAll((found, attribute) => found.map((row) => row.getAttribute(attribute)), name);
const magicOf = ({ bytes }) => [bytes.subarray(0, 4).toString(), bytes.subarray(-4).toString()];

async function exported(format) {
  await page.keyboard.press("e");
  if (format === "parquet") await page.keyboard.press("Tab");
  const [download] = await Promise.all([
    page.waitForEvent("download", PATIENCE),
    page.keyboard.press("Enter"),
  ]);
  return { name: download.suggestedFilename(), bytes: readFileSync(await download.path()) };
}
const knownAt = (position) => page.locator(`header[data-as-of="${position}"]`).waitFor(PATIENCE);

try {
  await step("a report is published by keyboard", async () => {
    await page.goto(`${base}/reports?${new URLSearchParams({ trader, day })}`);
    await page.getByLabel("As of position").focus();
    await page.keyboard.press("Enter");
    await page.locator('code:text("wattbook replay --report")').waitFor(PATIENCE);
    const [digest, logHash, command] = await page.locator("#report ~ dl code").allTextContents();
    return { id: search().get("id"), digest, logHash, command, pnl: await pnl() };
  });

  await step("it leads to the dashboard as it was known then", async () => {
    await page.getByRole("link", { name: "Open the dashboard as it was known then" }).click();
    await knownAt(search().get("at"));
    await page.locator("main[data-loaded]").waitFor(PATIENCE);
    return { at: search().get("at"), pnl: await pnl() };
  });

  await step("the deals as they were known then leave as files, by keyboard", async () => {
    const position = search().get("at");
    const csv = await exported("csv");
    const parquet = await exported("parquet");
    return { position, files: [csv.name, parquet.name], csv: csv.bytes.toString(), magic: magicOf(parquet) };
  });

  await step("the slider leads to the moment before, and the menu stays open", async () => {
    const from = search().get("at");
    await page.getByRole("button", { name: /^As of/ }).click();
    const slider = page.getByRole("slider", { name: "Slide through the day" });
    await slider.focus();
    await page.keyboard.press("ArrowLeft");
    await page.waitForURL((address) => address.searchParams.get("at") !== from, PATIENCE);
    const at = search().get("at");
    await knownAt(at);
    await slider.waitFor(PATIENCE);
    const report = await textOf(page.getByRole("button", { name: /^Position/ }).first());
    await page.keyboard.press("Escape");
    await page.locator("main[data-loaded]").waitFor(PATIENCE);
    return { from, at, report, pnl: await pnl() };
  });

  await step("what changed since is told event by event", async () => {
    await page.getByRole("link", { name: "Compare with now" }).click();
    const rows = page.locator("tr[data-step]");
    await rows.first().waitFor(PATIENCE);
    return { from: search().get("from"), steps: await positions(rows, "data-step") };
  });

  await step("each event leads to its payload and its hash", async () => {
    await page.locator("tr[data-step] a").first().click();
    await page.locator("[data-event] summary").click();
    const payload = await page.locator("[data-payload]").textContent(PATIENCE);
    const hash = await page.locator("[data-event] dl code").last().textContent(PATIENCE);
    return { events: await positions(page.locator("[data-event]"), "data-event"), payload, hash };
  });

  await step("a row leads to its deals and prices with their positions", async () => {
    await page.goto(`${base}/?${new URLSearchParams({ trader, day, period })}`);
    await page.locator('[data-field="observations"] summary').click(PATIENCE);
    await page.locator("tr[data-deal]").first().waitFor(PATIENCE);
    const found = await page
      .locator("tr[data-deal] a, tr[data-observation] a")
      .evaluateAll((links) => links.map((link) => new URL(link.href).searchParams.get("from")));
    return { positions: found };
  });

  await step("the deals of the row alone leave as a file too", async () => {
    const [download] = await Promise.all([
      page.waitForEvent("download", PATIENCE),
      page.locator('[role="dialog"] [data-export="csv"]').click(PATIENCE),
    ]);
    return { csv: readFileSync(await download.path(), "utf8") };
  });

  await step("a trader sees own events only", async () => {
    const cookie = {
      name: "wattbook-user",
      value: encodeURIComponent(trader),
      url: base,
      sameSite: "Strict",
    };
    await context.addCookies([cookie]);
    await page.goto(`${base}/events?order=oldest`);
    await page.locator("[data-event]").first().waitFor(PATIENCE);
    return { events: await positions(page.locator("[data-event]"), "data-event") };
  });
} finally {
  await browser.close();
}
print({ ok: failed === 0, failed });
process.exit(failed === 0 ? 0 : 1);
