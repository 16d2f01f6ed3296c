// How is the page read? By the names that its figures carry, and only what stands on the screen.

/** Runs inside the page: it must not refer to anything outside itself. */
export function readPage() {
  const plain = (text) => text.replaceAll("\u2009", " ").replaceAll("\u2212", "-").trim();
  // A unit beside a figure is its own element; the figure is the text before it.
  const shown = (element) => {
    if (!element) return null;
    const figure = [...element.childNodes].filter((node) => !node.dataset || !("unit" in node.dataset));
    return plain(figure.map((node) => node.textContent).join(""));
  };
  const fieldsIn = (place) => {
    const fields = {};
    for (const element of place?.querySelectorAll("[data-field]") ?? []) {
      fields[element.dataset.field] ??= shown(element);
    }
    return fields;
  };
  const field = (name) => shown(document.querySelector(`[data-field="${name}"]`));

  const headline = document.querySelector("main [data-light]");
  const total = { ...fieldsIn(headline), ...fieldsIn(document.querySelector("main dl")) };
  if (total.deals) total.deals = total.deals.replace(/ deals?$/, "");
  if (headline) total.shape = headline.dataset.light;

  const rows = {};
  for (const row of document.querySelectorAll("main tr[data-period]")) {
    const shape = row.querySelector("[data-light]")?.dataset.light;
    rows[row.dataset.period] = { ...fieldsIn(row), shape, status: row.dataset.status ?? null };
  }
  const banners = {};
  for (const banner of document.querySelectorAll("[data-banner]")) {
    banners[banner.dataset.banner] = plain(banner.querySelector("[data-sentence]")?.textContent ?? "");
  }
  const state = document.querySelector('[data-field="state"]');
  return {
    loaded: document.querySelector("main[data-loaded]") !== null,
    state: state ? plain(state.textContent) : null,
    muted: document.querySelector("main[data-muted]") !== null,
    failure: document.querySelector("[data-failure]")?.dataset.failure ?? null,
    day: field("day"),
    trader: document.querySelector('input[aria-label="Trader"]')?.value ?? field("trader"),
    clock: field("clock"),
    exchangeAge: field("exchangeAge"),
    pricesAge: field("pricesAge"),
    position: field("logPosition"),
    behind: field("behind"),
    completeUpTo: field("completeUpTo"),
    empty: field("empty"),
    banners,
    total,
    rows,
  };
}
