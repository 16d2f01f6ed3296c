// Is the log shown as it is asked for, with the payload to the letter, and is what cannot be asked told in words?
import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { Client, fetchExchange, Provider } from "urql";
import { expect, test, vi } from "vitest";
import { MarketContext } from "../market/MarketContext";
import { EventList } from "./EventList";
import { type EventsAddress, eventsAddress, filterOf, missingIn, only, readEventsAddress } from "./events";
import { FilterForm } from "./FilterForm";

const EVERYTHING = readEventsAddress(new URLSearchParams());
const STORED = '{"deal":{"deal_id":"1","price_eur_mwh":"20.50"},  "receipt":{}}';
const EVENT = {
  position: "48213",
  recordedAt: "2023-02-06T06:13:46.123456Z",
  type: "deal.confirmed.v1",
  stream: "deal:exchange:1:anna:buy",
  version: 1,
  hash: "0f".repeat(32),
};

function open(wanted: EventsAddress, nodes: unknown[], hasNextPage = false) {
  const asked: { operation: string; [name: string]: unknown }[] = [];
  const fetch = async (_: unknown, options?: RequestInit) => {
    const { operationName, variables } = JSON.parse(String(options?.body));
    asked.push({ operation: operationName, ...variables });
    const edges =
      operationName === "Payload" ? [{ node: { payload: STORED } }] : nodes.map((node) => ({ node }));
    const events = { edges, pageInfo: { hasNextPage, endCursor: "abc" } };
    return new Response(JSON.stringify({ data: { events } }), {
      headers: { "content-type": "application/json" },
    });
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
    <Provider value={client}>
      <MarketContext value={market}>
        <EventList wanted={wanted} />
      </MarketContext>
    </Provider>,
  );
  return asked;
}

test("an event tells its position, time, type, stream and hash; its payload comes when it is opened, to the letter", async () => {
  const asked = open(EVERYTHING, [EVENT]);
  const summary = (await screen.findByText("deal.confirmed.v1")).closest("summary");
  expect(summary?.textContent).toBe(
    "48\u20092132023-02-06 07:13:46deal.confirmed.v1deal:exchange:1:anna:buy0f0f0f0f0f0f…",
  );
  expect(asked.map(({ operation }) => operation)).toEqual(["Log"]);
  const details = summary?.closest("details");
  details?.setAttribute("open", "");
  details?.dispatchEvent(new Event("toggle"));
  await vi.waitFor(() => expect(document.querySelector("[data-payload]")?.textContent).toBe(STORED));
  expect(asked[1]).toEqual({ operation: "Payload", filter: { after: "48212", until: "48213" } });
  expect(screen.getByText(EVENT.hash)).toBeTruthy();
});

test("the newest events stand on top unless the oldest are asked for, and the next page keeps the question", async () => {
  const wanted = { ...EVERYTHING, type: "deal.confirmed.v1", from: "7", to: "48213", order: "oldest" };
  const asked = open(wanted, [EVENT], true);
  const next = await screen.findByRole("link", { name: "Newer" });
  expect(next.getAttribute("href")).toBe(
    "/events?type=deal.confirmed.v1&from=7&to=48213&order=oldest&after=abc",
  );
  expect(asked[0]).toMatchObject({
    newestFirst: false,
    filter: { types: ["deal.confirmed.v1"], after: "6", until: "48213" },
  });
});

test("where nothing matches, it is said", async () => {
  open({ ...EVERYTHING, stream: "nowhere" }, []);
  await screen.findByText(/No event that you may see is of this type and stream/);
});

test("a filter is chosen by keyboard; what is no position is told, and nothing is chosen", async () => {
  const choose = vi.fn();
  const user = userEvent.setup();
  render(<FilterForm wanted={{ ...EVERYTHING, order: "oldest", after: "abc" }} choose={choose} />);
  screen.getByLabelText("From position").focus();
  await user.keyboard("soon{Enter}");
  expect(screen.getByRole("alert").textContent).toBe(
    "soon is no position: write a whole number, like 48213.",
  );
  expect(choose).not.toHaveBeenCalled();
  await user.clear(screen.getByLabelText("From position"));
  await user.keyboard("48 213{Enter}");
  expect(choose).toHaveBeenCalledWith({ ...EVERYTHING, order: "oldest", from: "48213" });
});

test("from after to is told", () => {
  expect(missingIn({ from: "9007199254740993", to: "9007199254740992" })).toContain(
    "nothing lies between them",
  );
  expect(missingIn({ from: "7", to: "7" })).toBeNull();
});

test("one position is asked for as what lies between it and the one before, also where none is", () => {
  expect(only("9007199254740993")).toEqual({ after: "9007199254740992", until: "9007199254740993" });
  expect(filterOf({ ...EVERYTHING, from: "0" })).toEqual({ after: "0" });
});

test("an address is read and written back the same", () => {
  const address = "/events?type=a&stream=deal%3Ax%3A1&from=1&to=2&order=oldest&after=c";
  expect(eventsAddress(readEventsAddress(new URLSearchParams(address.split("?")[1])))).toBe(address);
  expect(eventsAddress(EVERYTHING)).toBe("/events");
});
