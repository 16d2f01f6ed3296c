// Does the dashboard open, or say why not, where the database is down, the browser has no language or the address is wrong?
//
//   WATTBOOK_URL=http://127.0.0.1:8000 node browser/check-opening.mjs
//
// The answers of a server in trouble are put between the browser and the server, so any running Wattbook will do.
import { baseAddress, launch, PERSON, print } from "./launch.mjs";

const PATIENCE = { timeout: 15_000 };
const UNAVAILABLE = {
  status: 503,
  contentType: "application/json",
  body: JSON.stringify({ errors: [{ message: "down", extensions: { code: "INTERNAL" } }] }),
};

const base = baseAddress();
const browser = await launch();
let failed = 0;

async function check(name, path, look, prepare = async () => {}) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...PERSON });
  const page = await context.newPage();
  let error = null;
  try {
    await prepare(page);
    await page.goto(base + path);
    await look(page);
  } catch (reason) {
    error = String(reason).split("\n")[0];
    failed += 1;
  } finally {
    await context.close();
  }
  print({ check: name, ok: error === null, error });
}

const seen = (page, text) => page.getByText(text).first().waitFor(PATIENCE);
const drawn = (page) => page.locator(".uplot canvas").first().waitFor(PATIENCE);

async function trouble(page, answer, text) {
  await seen(page, text);
  await page.getByRole("heading", { name: "Wattbook", exact: true }).waitFor(PATIENCE);
  await page.unroute("**/graphql", answer);
  await drawn(page);
}

const refuse = (route) => route.fulfill(UNAVAILABLE);
const cut = (route) => route.abort();
const noLanguage = (page) =>
  page.addInitScript(() => {
    Object.defineProperty(Navigator.prototype, "language", { get: () => "en-US@posix", configurable: true });
  });

try {
  await check(
    "a database that is down is told, and the page recovers by itself",
    "/",
    (page) => trouble(page, refuse, "Wattbook's database does not answer, trying again…"),
    (page) => page.route("**/graphql", refuse),
  );
  await check(
    "a network that is gone is told, and the page recovers by itself",
    "/",
    (page) => trouble(page, cut, "The server cannot be reached, trying again…"),
    (page) => page.route("**/graphql", cut),
  );
  await check("the chart is drawn in a browser without a language", "/", drawn, noLanguage);
  await check(
    "GraphiQL opens in a browser without a language",
    "/graphiql",
    (page) => page.locator(".graphiql-container .monaco-editor").first().waitFor(PATIENCE),
    noLanguage,
  );
  await check("an impossible day is refused", "/?day=2026-02-31", (page) =>
    seen(page, "There is no such day"),
  );
  await check("a position past the head is named", "/?at=999999999999", (page) =>
    seen(page, /There is no position .* yet; the log ends at/),
  );
  await check("an address opens its example in GraphiQL", "/graphiql#OpenRejections", (page) =>
    page.locator(".graphiql-query-editor").getByText("OpenRejections").waitFor(PATIENCE),
  );
} finally {
  await browser.close();
}
print({ ok: failed === 0, failed });
process.exit(failed === 0 ? 0 : 1);
