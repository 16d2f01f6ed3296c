// Can a person settle a rejected message by keyboard alone, and is every refusal told in words?
import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { Client, CombinedError, fetchExchange, Provider } from "urql";
import { expect, test, vi } from "vitest";
import { MarketContext } from "../market/MarketContext";
import { Rejections } from "./Rejections";
import { contentOf } from "./Standing";
import { maySettle, type Rejection, refusalOf, waysOf } from "./settling";

const rejection = (change: Partial<Rejection> = {}): Rejection => ({
  id: "4711",
  recordedAt: "2023-10-29T00:10:00Z",
  source: "exchange/1",
  reason: "AMBIGUOUS_PERIOD",
  message: "{}",
  traderId: "trader_1",
  deliveryDay: "2023-10-29",
  stands: null,
  resolution: null,
  resolvedBy: null,
  resolutionReason: null,
  resolvedAt: null,
  ...change,
});
const REFUSED = {
  errors: [{ message: "rejection 4711 is already settled by anna", extensions: { code: "BAD_USER_INPUT" } }],
};

/** The page of one viewer; every question to the server is kept and answered alike. */
function open(roles: ("TRADER" | "ANALYST" | "AUDITOR")[], answer: unknown, node = rejection()) {
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
  const changed = vi.fn();
  const market = {
    market: { timeZone: "Europe/Berlin", today: "2023-10-29", exchange: "exchange" },
    viewer: { name: "somebody", roles, traderId: null },
    signInOptions: [],
  };
  const list = { edges: [{ node }], pageInfo: { hasNextPage: false } };
  render(
    <Provider value={client}>
      <MarketContext value={market}>
        <Rejections rejections={list} all={false} moment={(time) => time} changed={changed} />
      </MarketContext>
    </Provider>,
  );
  document.querySelector("details")?.setAttribute("open", "");
  return { asked, changed, user: userEvent.setup() };
}

test("a message is assigned to a period by keyboard, and the focus is on what became of it", async () => {
  const { asked, changed, user } = open(["ANALYST"], {
    data: { resolveRejection: { resolution: "assigned to 02-03A" } },
  });
  screen.getByLabelText("Period").focus();
  await user.keyboard("02-03A");
  await user.click(screen.getByLabelText("Reason"));
  await user.keyboard("asked the exchange{Enter}");
  const said = await screen.findByText(/^Rejection 4.711 is settled: assigned to 02-03A\.$/);
  expect(document.activeElement).toBe(said);
  expect(asked).toEqual([{ id: "4711", resolution: { period: "02-03A" }, reason: "asked the exchange" }]);
  expect(changed).toHaveBeenCalledTimes(1);
});

test("without a choice, a period or a reason nothing is asked, and what is missing is said", async () => {
  const { asked, user } = open(["ANALYST"], REFUSED);
  const settle = screen.getByRole("button", { name: "Settle" });
  await user.click(settle);
  expect(screen.getByRole("alert").textContent).toContain("Choose what is to be done");
  await user.click(screen.getByLabelText("It is a deal of the period"));
  await user.click(settle);
  expect(screen.getByRole("alert").textContent).toContain("Say which period");
  await user.click(screen.getByLabelText("Discard: it is no deal"));
  await user.click(settle);
  expect(screen.getByRole("alert").textContent).toContain("Say why");
  expect(asked).toEqual([]);
});

test("a refusal is told in the server's words, and nothing counts as settled", async () => {
  const { changed, user } = open(["ANALYST"], REFUSED);
  await user.click(screen.getByLabelText("Discard: it is no deal"));
  await user.click(screen.getByLabelText("Reason"));
  await user.keyboard("noise{Enter}");
  await screen.findByText("Rejection 4711 is already settled by anna.");
  expect(changed).not.toHaveBeenCalled();
});

test.each([["TRADER"], ["AUDITOR"]] as const)("a %s sees the message and no way to settle it", (role) => {
  open([role], REFUSED);
  expect(screen.getByText("{}")).toBeTruthy();
  expect(screen.queryByRole("button", { name: "Settle" })).toBeNull();
});

test("desk and analysts may settle", () => {
  expect(maySettle({ roles: ["TRADER", "ANALYST", "AUDITOR"] })).toBe(true);
  expect(maySettle({ roles: ["TRADER"] })).toBe(false);
});

test("a settled message says by whom and why", () => {
  open(
    ["ANALYST"],
    REFUSED,
    rejection({ resolution: "discarded", resolvedBy: "desk", resolutionReason: "noise" }),
  );
  expect(screen.getByText("Settled by desk: discarded, because “noise”.")).toBeTruthy();
  expect(screen.queryByRole("button", { name: "Settle" })).toBeNull();
});

test.each([
  ["CONFLICT", ["accept", "discard"]],
  ["NO_SUCH_PERIOD", ["period", "discard"]],
  ["INVALID: delivery_hour", ["period", "discard"]],
  ["INVALID: price", ["discard", "accept"]],
  ["UNREADABLE", ["discard", "accept"]],
])("%s is settled by %s", (reason, ways) => {
  expect(waysOf({ reason }).map(({ way }) => way)).toEqual(ways);
});

test("where nobody knows whether it went through, it is said so", () => {
  const gone = refusalOf(new CombinedError({ networkError: new Error("gone") }));
  expect(gone).toBe(
    "The server cannot be reached. It may be settled all the same: see whether it is still listed before you try again.",
  );
});

test("what stands is told as a person reads it", () => {
  const deal = {
    direction: "buy",
    quantity_mw: "10",
    price_eur_mwh: "40.5",
    period: { day: "2023-02-06", label: "08-09" },
    executed_at: "2023-02-06T06:13:45Z",
  };
  expect(contentOf(JSON.stringify({ deal }))).toBe(
    "buy 10.000 MW at 40.50 EUR/MWh, 2023-02-06 08-09, executed 2023-02-06T06:13:45Z",
  );
  expect(contentOf("{}")).toBeNull();
});
