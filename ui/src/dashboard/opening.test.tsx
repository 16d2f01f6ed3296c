// Does a page that is opened while the server is in trouble say so, and recover by itself?
import { act, render, screen } from "@testing-library/react";
import { Client, fetchExchange, Provider } from "urql";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { useOpening } from "../market/useOpening";
import { Opening } from "./Opening";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const json = (body: unknown, status = 200) =>
  new Response(JSON.stringify(body), { status, headers: { "content-type": "application/json" } });
const UNAVAILABLE = { errors: [{ message: "down", extensions: { code: "INTERNAL" } }] };
const MARKET = {
  data: {
    market: { timeZone: "Europe/Berlin", today: "2023-02-06", exchange: "epex" },
    viewer: { name: "desk", roles: ["ANALYST"], traderId: null },
    signInOptions: [],
  },
};

function Page() {
  const { market, failure } = useOpening();
  return market ? <p>open: {market.market.exchange}</p> : <Opening failure={failure} />;
}

function open(answers: (() => Response)[]) {
  const fetch = async () => {
    const answer = answers.shift();
    if (!answer) throw new TypeError("Failed to fetch");
    return answer();
  };
  const client = new Client({
    url: "http://here/graphql",
    exchanges: [fetchExchange],
    fetch,
    preferGetMethod: false,
  });
  render(
    <Provider value={client}>
      <Page />
    </Provider>,
  );
}
const pass = (milliseconds: number) => act(() => vi.advanceTimersByTimeAsync(milliseconds));

test("before the first answer the page has its name and its places", () => {
  open([]);
  expect(screen.getByRole("heading", { name: "Wattbook" })).toBeTruthy();
  expect(screen.getByText("Fetching the figures…")).toBeTruthy();
});

test("a database that is down is named, and the page opens once it is back", async () => {
  open([() => json(UNAVAILABLE, 503), () => json(UNAVAILABLE, 503), () => json(MARKET)]);
  await pass(10);
  expect(screen.getByRole("heading", { name: "Wattbook" })).toBeTruthy();
  expect(screen.getByRole("alert").textContent).toContain(
    "Wattbook's database does not answer, trying again…",
  );
  await pass(2_100);
  expect(screen.getByRole("alert")).toBeTruthy();
  await pass(2_100);
  expect(screen.getByText("open: epex")).toBeTruthy();
});

test("a proxy's own 503 and a network that is gone say that the server does not answer", async () => {
  open([
    () => new Response("<h1>Unavailable</h1>", { status: 503, headers: { "content-type": "text/html" } }),
  ]);
  await pass(10);
  expect(screen.getByRole("alert").textContent).toContain("The server cannot be reached, trying again…");
  await pass(2_100);
  expect(screen.getByRole("alert").textContent).toContain("The server cannot be reached, trying again…");
});
