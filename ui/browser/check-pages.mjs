// Is every page accessible, quiet on the console and content with its own origin, in both themes and at three widths?
//
//   WATTBOOK_URL=http://127.0.0.1:8000 node browser/check-pages.mjs [--day 2023-02-06] [--trader trader_1] [--only reports]
//
// One JSON line a visit, a last one with the verdict; exit code 0 when nothing was found, 1 when something was.
// WATTBOOK_SCREENSHOTS=FOLDER keeps a picture of each visit.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { AxeBuilder } from "@axe-core/playwright";
import { baseAddress, launch, PERSON, print } from "./launch.mjs";
import { visits } from "./visits.mjs";

const { values } = parseArgs({
  options: {
    day: { type: "string" },
    trader: { type: "string" },
    only: { type: "string", multiple: true, default: [] },
  },
});
const base = baseAddress();
const pictures = process.env.WATTBOOK_SCREENSHOTS;
if (pictures) mkdirSync(pictures, { recursive: true });

const SCREENS = [
  { name: "desktop", viewport: { width: 1440, height: 900 } },
  { name: "tablet", viewport: { width: 1024, height: 768 } },
  { name: "phone", viewport: { width: 390, height: 844 } },
];
const THEMES = ["light", "dark"];

async function check(browser, visit, screen, theme) {
  const context = await browser.newContext({ viewport: screen.viewport, colorScheme: theme, ...PERSON });
  const page = await context.newPage();
  const outside = [];
  const complaints = [];
  page.on("request", (request) => {
    const address = new URL(request.url());
    const own = address.host === new URL(base).host || ["data:", "blob:"].includes(address.protocol);
    if (!own) outside.push(request.url());
  });
  page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(String(error)));
  const problems = [];
  try {
    await page.goto(base + visit.path);
    await visit.ready(page);
    const builder = new AxeBuilder({ page });
    for (const place of visit.notOurs ?? []) builder.exclude(place);
    const axe = await builder.analyze();
    for (const violation of axe.violations) {
      problems.push({
        rule: violation.id,
        where: violation.nodes.map((node) => node.target.join(" ")).slice(0, 5),
      });
    }
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    if (overflow > 0) problems.push({ rule: "wider-than-the-screen", pixels: overflow });
    if (pictures)
      await page.screenshot({ path: join(pictures, `${visit.name}-${screen.name}-${theme}.png`) });
  } catch (error) {
    problems.push({ rule: "not-ready", error: String(error).split("\n")[0] });
    if (pictures)
      await page.screenshot({ path: join(pictures, `${visit.name}-${screen.name}-${theme}.png`) });
  } finally {
    await context.close();
  }
  const ok = problems.length + outside.length + complaints.length === 0;
  print({ visit: visit.name, screen: screen.name, theme, ok, problems, outside, console: complaints });
  return ok;
}

const browser = await launch();
let found = 0;
let visited = 0;
try {
  for (const visit of visits(values)) {
    if (values.only.length > 0 && !values.only.includes(visit.name)) continue;
    for (const screen of SCREENS) {
      for (const theme of THEMES) {
        visited += 1;
        if (!(await check(browser, visit, screen, theme))) found += 1;
      }
    }
  }
} finally {
  await browser.close();
}
print({ ok: found === 0, visited, found });
process.exit(found === 0 ? 0 : 1);
