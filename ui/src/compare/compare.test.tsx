// Is every difference told event by event, in words and with the figures after each, and is what cannot be compared told too?
import { MantineProvider } from "@mantine/core";
import { render, screen } from "@testing-library/react";
import { Client, fetchExchange, Provider } from "urql";
import { expect, test } from "vitest";
import { MarketContext } from "../market/MarketContext";
import { figures } from "../performance/example";
import { compareAddress, flipsIn, readCompareAddress, type Step, wordsOf } from "./compare";
import { Difference } from "./Difference";

const DEAL = {
  exchange: "exchange",
  deal_id: "123",
  trader_id: "anna",
  direction: "buy",
  quantity_mw: "1234.5",
  price_eur_mwh: "-0.5",
  period: { day: "2023-02-06", label: "08-09", start: "2023-02-06T07:00:00Z", minutes: 60 },
};
const LATER = { ...DEAL, direction: "sell", period: { label: "02-03B" }, price_eur_mwh: "25" };
const says = (type: string, payload: unknown) => wordsOf({ type, payload: JSON.stringify(payload) });

const step = (position: string, change: Parameters<typeof figures>[0]): Step => ({
  event: {
    position,
    recordedAt: "2023-02-06T06:13:46Z",
    type: "deal.confirmed.v1",
    payload: JSON.stringify({ deal: DEAL }),
  },
  figures: figures(change),
});

function open(answer: unknown) {
  const asked: unknown[] = [];
  const fetch = async (_: unknown, options?: RequestInit) => {
    asked.push(JSON.parse(String(options?.body)).variables);
    return new Response(JSON.stringify(answer), { headers: { "content-type": "application/json" } });
  };
  const client = new Client({
    url: "http://here/graphql",
    exchanges: [fetchExchange],
    fetch,
    preferGetMethod: false,
  });
  const market = {
    market: { timeZone: "Europe/Berlin", today: "2023-02-06", exchange: "exchange" },
    viewer: { name: "auditor", roles: ["AUDITOR" as const], traderId: null },
    signInOptions: [],
  };
  render(
    <MantineProvider env="test">
      <Provider value={client}>
        <MarketContext value={market}>
          <Difference asked={{ trader: "anna", day: "2023-02-06", from: "7", to: null }} />
        </MarketContext>
      </Provider>
    </MantineProvider>,
  );
  return asked;
}

const found = (explain: unknown) => ({
  data: {
    explain,
    start: { knowledge: { position: "7", recordedAt: "2023-02-06T06:00:00Z" } },
    end: { knowledge: { position: "48213", recordedAt: "2023-02-06T07:00:00Z" } },
  },
});

test("each kind of event is told in a few words", () => {
  expect(says("deal.confirmed.v1", { deal: DEAL })).toBe(
    "Deal 123: anna buys 1\u2009234.500 MW 08–09 at −0.50",
  );
  expect(says("deal.cancelled.v1", { deal: DEAL, reason: "recalled" })).toBe(
    "Deal 123 cancelled: anna buys 1\u2009234.500 MW 08–09 at −0.50 (recalled)",
  );
  expect(says("deal.corrected.v1", { before: DEAL, deal: LATER, reason: "typing error" })).toBe(
    "Deal 123 corrected: anna sells 1\u2009234.500 MW 02–03\u2009B at 25.00, before: buys 1\u2009234.500 MW 08–09 at −0.50 (typing error)",
  );
  expect(says("reference-price.updated.v1", { period: DEAL.period, value: "28" })).toBe(
    "Reference price 08–09: 28.00",
  );
  expect(says("reference-price.updated.v1", { period: DEAL.period, value: null })).toBe(
    "Reference price 08–09: undefined",
  );
  expect(says("something.new.v1", {})).toBe("something.new.v1");
});

test("a light flips where it is another one than right before", () => {
  const steps = [
    step("8", {}),
    step("9", { light: "GREEN" }),
    step("10", { light: "GREEN" }),
    step("11", {}),
  ];
  expect(flipsIn(figures(), steps).map(({ event }) => event.position)).toEqual(["9", "11"]);
  expect(flipsIn(figures({ light: "UNKNOWN" }), steps)[0]?.event.position).toBe("8");
  expect(flipsIn(figures(), [])).toEqual([]);
});

test("before and after stand side by side, what differs is said to, and each event has the figures after it", async () => {
  const after = figures({ pnlEur: "1748.81", light: "GREEN", delta: "0.42", dealCount: 4 });
  const asked = open(
    found({ before: figures(), after, steps: [step("8", {}), { ...step("48213", {}), figures: after }] }),
  );
  await screen.findByText("What made the difference");
  const rows = [...document.querySelectorAll("[aria-label='The figures before and after'] tbody tr")];
  expect(rows.map((row) => [...row.children].map((cell) => cell.textContent))).toEqual([
    ["vs reference EUR/MWh", "−3.00not above", "+0.42above", "changed"],
    ["Deals ", "3", "4", "changed"],
    ["Bought MWh", "20.000", "20.000", ""],
    ["Sold MWh", "4.000", "4.000", ""],
    ["Position MWh", "+16.000", "+16.000", ""],
    ["Average EUR/MWh", "25.00", "25.00", ""],
    ["Reference EUR/MWh", "28.00", "28.00", ""],
    ["PnL vs reference EUR", "+48.00", "+48.00", ""],
    ["PnL (cash) EUR", "−400.00", "+1\u2009748.81", "changed"],
  ]);
  const last = document.querySelector("[data-step='48213']");
  expect(last?.textContent).toContain("+0.42aboveflips");
  expect(last?.querySelector("a")?.getAttribute("href")).toBe("/events?from=48213&to=48213");
  expect(document.querySelector("[data-field='steps']")?.textContent).toBe(
    "2 events in the order of the log, with the figures of the whole day after each. The light flipped 1 time, last at position 48\u2009213, 2023-02-06 07:13:46.",
  );
  expect(asked).toEqual([{ traderId: "anna", deliveryDay: "2023-02-06", from: { position: "7" }, to: null }]);
});

test("where nothing changed, it is said", async () => {
  open(found({ before: figures(), after: figures(), steps: [] }));
  await screen.findByText(/No event between these moments concerns these figures/);
});

test("more than one page tells is no matter of waiting", async () => {
  open({
    errors: [{ message: "more than 2000 events changed", extensions: { code: "LIMIT_EXCEEDED" } }],
    data: null,
  });
  await screen.findByText(/More events than one page tells changed these figures/);
});

test("an address is read and written back the same", () => {
  const address = "/compare?trader=anna&day=2023-02-06&from=7&to=9";
  expect(compareAddress(readCompareAddress(new URLSearchParams(address.split("?")[1])))).toBe(address);
});
