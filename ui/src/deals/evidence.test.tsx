// Does the head of the deals say how the period did, each figure with its unit, and which prices stand behind it?
import { MantineProvider } from "@mantine/core";
import { render, screen } from "@testing-library/react";
import { Client, fetchExchange, Provider } from "urql";
import { expect, test } from "vitest";
import { MarketContext } from "../market/MarketContext";
import { figures } from "../performance/example";
import { Evidence } from "./Evidence";
import { DayObservations, PeriodObservations } from "./Observations";

const MARKET = {
  market: { timeZone: "Europe/Berlin", today: "2026-10-29", exchange: "epex" },
  viewer: { name: "desk", roles: [], traderId: null },
  signInOptions: [],
};

test("light, delta and cash PnL come first, and the reference tells when it was updated", () => {
  const { container } = render(
    <MantineProvider env="test">
      <MarketContext value={MARKET}>
        <Evidence figures={figures()} lastUpdate="2026-10-28T23:00:00Z" stale={false} />
      </MarketContext>
    </MantineProvider>,
  );
  expect([...container.querySelectorAll("dl > div")].map((item) => item.textContent)).toEqual([
    "vs referenceNot above reference−3.00 EUR/MWh",
    "PnL (cash)−400.00 EUR",
    "Average25.00 EUR/MWh",
    "Reference (updated 29 Oct 00:00)28.00 EUR/MWh",
    "Position+16.000 MWh",
    "Realised PnL0.00 EUR",
    "Unrealised PnL+48.00 EUR",
  ]);
});

function observed(part: React.ReactNode, data: unknown) {
  const asked: unknown[] = [];
  const fetch = async (_: unknown, options?: RequestInit) => {
    asked.push(JSON.parse(String(options?.body)).variables);
    return new Response(JSON.stringify({ data }), { headers: { "content-type": "application/json" } });
  };
  const client = new Client({
    url: "http://here/graphql",
    exchanges: [fetchExchange],
    fetch,
    preferGetMethod: false,
  });
  render(
    <Provider value={client}>
      <MarketContext value={MARKET}>{part}</MarketContext>
    </Provider>,
  );
  return asked;
}

const observation = (position: string, value: string | null) => ({
  period: { label: "08-09" },
  value,
  lastUpdate: "2026-10-29T07:05:00Z",
  recordedAt: "2026-10-29T07:05:10Z",
  position,
});

test("every price of a period stands behind its figures, the one that counts first, each with its place in the log", async () => {
  const asked = observed(<PeriodObservations deliveryDay="2026-10-29" at="1000" label="08-09" />, {
    priceObservations: [observation("8", "31"), observation("4", null)],
  });
  await screen.findByText("Reference price 31.00 EUR/MWh from position 8, 1 other observation");
  const rows = [...document.querySelectorAll("[data-observation]")].map((row) =>
    [...row.children].map((cell) => cell.textContent),
  );
  expect(rows).toEqual([
    ["08–09 stands", "31.00", "2026-10-29 08:05:00", "2026-10-29 08:05:10", "8"],
    ["08–09", "undefined", "2026-10-29 08:05:00", "2026-10-29 08:05:10", "4"],
  ]);
  expect(screen.getByRole("link", { name: "8", hidden: true }).getAttribute("href")).toBe(
    "/events?from=8&to=8",
  );
  expect(asked).toEqual([{ deliveryDay: "2026-10-29", label: "08-09", asOf: { position: "1000" } }]);
});

test("a day tells the price that stands for each of its periods", async () => {
  observed(<DayObservations deliveryDay="2026-10-29" at={null} />, {
    referencePrices: [observation("8", "31")],
  });
  await screen.findByText("Reference prices of 1 period, with the positions they stand at");
});

test("where no price was observed, it is said", async () => {
  observed(<PeriodObservations deliveryDay="2026-10-29" at={null} label="08-09" />, {
    priceObservations: [],
  });
  await screen.findByText("No reference price was observed for this period yet.");
});
