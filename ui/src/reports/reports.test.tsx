// Is a report published by keyboard alone, found again by its address, and is every refusal told in words?
import { MantineProvider } from "@mantine/core";
import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { Client, fetchExchange, Provider } from "urql";
import { expect, test, vi } from "vitest";
import { PulseContext } from "../health/PulseContext";
import { MarketContext } from "../market/MarketContext";
import { performance as example } from "../performance/example";
import { PublishForm } from "./PublishForm";
import { ReportCard } from "./ReportCard";
import { ReportList } from "./ReportList";
import { dashboardOf, missingInForm, readReportsAddress, reportsAddress } from "./reports";

const LISTED = {
  id: "48214",
  traderId: "trader_1",
  deliveryDay: "2023-02-06",
  position: "48213",
  publishedAt: "2023-02-06T06:15:00Z",
  publishedBy: "auditor",
  digest: "fd44f846e3a04061cdd439866e87a7169fbd06ac70b8aac0525c5048ff46bf52",
};
const NOWHERE = readReportsAddress(new URLSearchParams());

type Role = "TRADER" | "ANALYST" | "AUDITOR";

/** One part of the page for one viewer; every question is kept, and answered by the name of its operation. */
function open(part: React.ReactNode, answers: Record<string, unknown>, roles: Role[] = ["AUDITOR"]) {
  const asked: Record<string, unknown>[] = [];
  const fetch = async (_: unknown, options?: RequestInit) => {
    const { operationName, variables } = JSON.parse(String(options?.body));
    asked.push({ operation: operationName, ...variables });
    const body = JSON.stringify(answers[operationName] ?? { data: {} });
    return new Response(body, { headers: { "content-type": "application/json" } });
  };
  const client = new Client({
    url: "http://here/graphql",
    exchanges: [fetchExchange],
    fetch,
    preferGetMethod: false,
  });
  const market = {
    market: { timeZone: "Europe/Berlin", today: "2023-02-06", exchange: "exchange" },
    viewer: { name: "somebody", roles, traderId: roles[0] === "TRADER" ? "trader_1" : null },
    signInOptions: [],
  };
  render(
    <MantineProvider env="test">
      <Provider value={client}>
        <MarketContext value={market}>
          <PulseContext value={null}>{part}</PulseContext>
        </MarketContext>
      </Provider>
    </MantineProvider>,
  );
  return { asked, user: userEvent.setup() };
}

const questions = (asked: Record<string, unknown>[]) =>
  asked.filter(({ operation }) => operation !== "TradersToReport");

test("what was known at a position is published by keyboard, for the trader that is chosen", async () => {
  const published = vi.fn();
  const { asked, user } = open(
    <PublishForm trader={null} day="2023-02-06" at={null} published={published} />,
    {
      TradersToReport: { data: { traders: ["trader_1", "trader_2"] } },
      PublishReport: { data: { publishReport: { id: "48214" } } },
    },
  );
  await screen.findByRole("option", { name: "trader_2" });
  await user.selectOptions(screen.getByLabelText("Whose figures"), "trader_2");
  screen.getByLabelText("As of position").focus();
  await user.keyboard("48 213{Enter}");
  await vi.waitFor(() => expect(published).toHaveBeenCalledWith("48214"));
  expect(questions(asked)).toEqual([
    {
      operation: "PublishReport",
      traderId: "trader_2",
      deliveryDay: "2023-02-06",
      asOf: { position: "48213" },
    },
  ]);
});

test("without a position what is known now is published, of the whole desk", async () => {
  const { asked, user } = open(
    <PublishForm trader={null} day="2023-02-06" at={null} published={() => {}} />,
    {
      TradersToReport: { data: { traders: [] } },
      PublishReport: { data: { publishReport: { id: "1" } } },
    },
  );
  await user.click(screen.getByRole("button", { name: "Publish" }));
  await vi.waitFor(() => expect(questions(asked)).toHaveLength(1));
  expect(questions(asked)[0]).toMatchObject({ traderId: null, asOf: null });
});

test("a trader can choose nobody else", () => {
  open(<PublishForm trader={null} day="2023-02-06" at={null} published={() => {}} />, {}, ["TRADER"]);
  expect(screen.getAllByRole("option").map((each) => each.textContent)).toEqual(["trader_1"]);
});

test("what is no position is told, and nothing is asked", async () => {
  const { asked, user } = open(
    <PublishForm trader={null} day="2023-02-06" at="soon" published={() => {}} />,
    {},
  );
  await user.click(screen.getByRole("button", { name: "Publish" }));
  expect(screen.getByRole("alert").textContent).toContain("A position is a whole number");
  expect(questions(asked)).toEqual([]);
  expect(missingInForm("", "")).toBe("Choose a delivery day.");
});

test("a position past the head is refused in words, and nothing counts as published", async () => {
  const published = vi.fn();
  const message = "position 99999 is past the head of the log, 48214";
  const { user } = open(<PublishForm trader={null} day="2023-02-06" at="99999" published={published} />, {
    PublishReport: { errors: [{ message, extensions: { code: "BAD_USER_INPUT" } }] },
  });
  await user.click(screen.getByRole("button", { name: "Publish" }));
  await screen.findByText(/There is no position 99.999 yet; the log ends at 48.214/);
  expect(published).not.toHaveBeenCalled();
});

test("a report is shown with its digest, the log's hash, its figures and the command that makes it again", async () => {
  const logHash = "0f".repeat(32);
  open(<ReportCard id="48214" fresh={true} />, {
    Report: { data: { report: { ...LISTED, logHash, performance: example() } } },
  });
  await screen.findByText("wattbook replay --report 48214");
  expect(screen.getByText(LISTED.digest)).toBeTruthy();
  expect(screen.getByText(logHash)).toBeTruthy();
  expect(screen.getByRole("link", { name: "Open the dashboard as it was known then" })).toHaveProperty(
    "href",
    `${window.location.origin}/?trader=trader_1&day=2023-02-06&at=48213`,
  );
  expect(document.querySelector('dl [data-field="pnl"]')?.textContent).toContain("−400.00");
  expect(document.activeElement?.textContent).toBe("Report 48\u2009214 is published.");
});

test("a report that is none is told", async () => {
  open(<ReportCard id="7" fresh={false} />, { Report: { data: { report: null } } });
  await screen.findByText(/There is no report 7, or it is not yours to see/);
});

test("reports are listed with their addresses, and the next page where there is one", async () => {
  const { asked } = open(<ReportList wanted={{ ...NOWHERE, trader: "trader_1" }} />, {
    Reports: {
      data: { reports: { edges: [{ node: LISTED }], pageInfo: { hasNextPage: true, endCursor: "abc" } } },
    },
  });
  const link = await screen.findByRole("link", { name: "48\u2009214" });
  expect(link.getAttribute("href")).toBe("/reports?id=48214&trader=trader_1");
  expect(screen.getByRole("link", { name: "Older" }).getAttribute("href")).toBe(
    "/reports?trader=trader_1&after=abc",
  );
  expect(asked[0]).toMatchObject({ traderId: "trader_1", deliveryDay: null, after: null });
});

test("where no report was published, it is said", async () => {
  open(<ReportList wanted={NOWHERE} />, {
    Reports: { data: { reports: { edges: [], pageInfo: { hasNextPage: false, endCursor: null } } } },
  });
  await screen.findByText(/No report was published yet/);
});

test("an address is read and written back the same", () => {
  const address = "/reports?id=48214&trader=Anna+%26+Bj%C3%B6rn&day=2023-02-06&at=7&after=x";
  expect(reportsAddress(readReportsAddress(new URLSearchParams(address.split("?")[1])))).toBe(address);
  expect(reportsAddress(NOWHERE)).toBe("/reports");
});

test("the whole desk's dashboard is the one without a trader", () => {
  expect(dashboardOf({ ...LISTED, traderId: null }, "08-09")).toBe("/?day=2023-02-06&at=48213&period=08-09");
});
