// Which pages are visited, and when is each of them ready to be looked at?

const PATIENCE = { timeout: 20_000 };

const loaded = (page) => page.locator("main[data-loaded]").waitFor(PATIENCE);
const drawn = (page) => page.locator(".uplot canvas").first().waitFor(PATIENCE);
const live = (page) => page.locator('[data-field="state"][data-state="live"]').waitFor(PATIENCE);

export function visits({ day, trader }) {
  const search = new URLSearchParams();
  if (trader) search.set("trader", trader);
  if (day) search.set("day", day);
  const at = (more) => `/?${new URLSearchParams([...search, ...Object.entries(more)])}`;
  return [
    {
      name: "dashboard",
      path: at({}),
      ready: async (page) => {
        await loaded(page);
        await drawn(page);
        await live(page);
      },
    },
    {
      name: "empty-day",
      path: "/?day=2001-01-01",
      ready: async (page) => {
        await page.locator('[data-field="empty"]').waitFor(PATIENCE);
        await drawn(page);
      },
    },
    {
      name: "deals",
      path: at({ period: "day" }),
      ready: async (page) => {
        await page.getByRole("dialog").waitFor(PATIENCE);
        await page
          .locator('[role="dialog"] tr[data-deal], [role="dialog"] [data-note]')
          .first()
          .waitFor(PATIENCE);
      },
    },
    {
      name: "as-of",
      path: at({ at: "1" }),
      ready: async (page) => {
        await loaded(page);
        await drawn(page);
        await page.locator("header[data-as-of]").waitFor(PATIENCE);
        await page.locator('footer a[href$="&asOf=1"]').first().waitFor(PATIENCE);
      },
    },
    {
      name: "moments",
      path: at({ at: "3" }),
      ready: async (page) => {
        await loaded(page);
        await page.getByRole("button", { name: /^As of/ }).click();
        await page.getByRole("slider", { name: "Slide through the day" }).waitFor(PATIENCE);
        await page
          .getByText(/^None of these figures|^Position \d/)
          .first()
          .waitFor(PATIENCE);
      },
    },
    {
      name: "prices",
      path: at({ period: "08-09" }),
      ready: async (page) => {
        await page.locator('[role="dialog"] [data-field="observations"] summary').click();
        await page.locator("[data-observation]").first().waitFor(PATIENCE);
      },
    },
    {
      name: "help",
      path: at({}),
      ready: async (page) => {
        await loaded(page);
        await drawn(page);
        await page.keyboard.press("?");
        await page.getByRole("dialog").waitFor(PATIENCE);
      },
    },
    {
      name: "health",
      path: "/health?span=7d&rejections=all",
      ready: async (page) => {
        await loaded(page);
        await page.locator("[data-rejection] summary").first().click();
      },
    },
    {
      name: "reports",
      path: `/reports?${search}`,
      ready: async (page) => {
        await page.getByRole("button", { name: "Publish" }).click();
        await page.locator('dl code:text("wattbook replay --report")').waitFor(PATIENCE);
        await page.locator("tr[data-report][aria-current]").waitFor(PATIENCE);
      },
    },
    {
      name: "reports-none",
      path: "/reports?id=1&trader=nobody&day=2001-01-01&at=soon",
      ready: async (page) => {
        await page.locator("#report ~ [data-field=none]").waitFor(PATIENCE);
        await page.locator("#reports ~ [data-field=none]").waitFor(PATIENCE);
        await page.getByRole("button", { name: "Publish" }).click();
        await page.getByText(/A position is a whole number/).waitFor(PATIENCE);
      },
    },
    {
      name: "compare",
      path: `/compare?${new URLSearchParams([...search, ["from", "0"]])}`,
      ready: async (page) => {
        await page.locator("tr[data-step]").first().waitFor(PATIENCE);
      },
    },
    {
      name: "compare-none",
      path: "/compare?day=2001-01-01&from=1&to=1",
      ready: async (page) => {
        await page.getByText(/No event between these moments/).waitFor(PATIENCE);
      },
    },
    {
      name: "events",
      path: "/events?type=deal.confirmed.v1&order=oldest",
      ready: async (page) => {
        await page.locator("[data-event] summary").first().click();
        await page.locator("[data-payload]").first().waitFor(PATIENCE);
      },
    },
    {
      name: "events-none",
      path: "/events?stream=nowhere",
      ready: async (page) => {
        await page.locator("[data-field=none]").waitFor(PATIENCE);
        await page.getByLabel("From position").fill("soon");
        await page.getByRole("button", { name: "Show" }).click();
        await page.getByText("soon is no position").waitFor(PATIENCE);
      },
    },
    {
      name: "graphiql",
      path: "/graphiql",
      // The inside of GraphiQL is its makers' work; the page around it is ours.
      notOurs: [".graphiql-container", ".monaco-aria-container"],
      ready: async (page) => {
        await page.locator(".graphiql-container .monaco-editor").first().waitFor(PATIENCE);
        await page.getByRole("button", { name: /^Execute/ }).click();
        await page.locator(".graphiql-response").getByText('"knowledge"').waitFor(PATIENCE);
      },
    },
  ];
}
