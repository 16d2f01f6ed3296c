// Does the head of the deals say how the period did, each figure with its unit?
import { MantineProvider } from "@mantine/core";
import { render } from "@testing-library/react";
import { expect, test } from "vitest";
import { MarketContext } from "../market/MarketContext";
import { figures } from "../performance/example";
import { Evidence } from "./Evidence";

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
