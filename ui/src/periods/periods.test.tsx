// Do the rows name their periods, say where these stand, and open the deals behind them?
import { MantineProvider } from "@mantine/core";
import { render, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import { figures, performance, period } from "../performance/example";
import { PeriodTable } from "./PeriodTable";
import { periodName, rowsOf } from "./rows";
import { periodStatus } from "./status";
import { startOf } from "./useStartAtNow";

const START = "2023-02-06T07:00:00Z";
const END = "2023-02-06T08:00:00Z";

test.each([
  ["2023-02-06T06:59:59.999Z", "open"],
  ["2023-02-06T07:00:00Z", "in delivery"],
  ["2023-02-06T07:59:59.999Z", "in delivery"],
  ["2023-02-06T08:00:00Z", "delivered"],
])("at %s the period 08-09 is %s", (now, status) => {
  expect(periodStatus(START, END, Date.parse(now))).toBe(status);
});

test("labels read with a dash, and the doubled hour keeps its letter", () => {
  expect(periodName("08-09")).toBe("08–09");
  expect(periodName("02-03B")).toBe("02–03\u2009B");
  expect(periodName("08:15-08:30")).toBe("08:15–08:30");
});

test("quarter- and half-hours stand under their hour, in the server's order", () => {
  expect(rowsOf(performance().periods).map((row) => [row.entry.period.label, row.withinHour])).toEqual([
    ["08-09", false],
    ["08:15-08:30", true],
    ["09-10", false],
  ]);
});

function table(open = vi.fn(), stale = false) {
  render(
    <MantineProvider env="test">
      <PeriodTable
        performance={performance()}
        stale={stale}
        now={Date.parse(START)}
        opened={null}
        open={open}
      />
    </MantineProvider>,
  );
  return open;
}

const rowOf = (name: string) => screen.getByRole("row", { name: new RegExp(`^${name}`) });

test("a row shows the worked example of the definitions, rounded for reading", () => {
  table();
  const cells = within(rowOf("08–09")).getAllByRole("cell");
  expect(cells.map((cell) => cell.textContent)).toEqual([
    "−3.00not above",
    "+48.00",
    "25.00",
    "28.00",
    "20.000",
    "4.000",
    "+16.000",
    "25.00",
    "25.00",
    "−400.00",
  ]);
});

test("a period without deals has dashes for what is unknown and zeros for what is zero", () => {
  render(
    <MantineProvider env="test">
      <PeriodTable
        performance={performance({
          periods: [
            period("09-10", START, END, {
              ...figures({ dealCount: 0, light: "UNKNOWN", lightReason: "NO_DEALS" }),
              boughtMwh: "0",
              averagePrice: null,
              delta: null,
              pnlEur: "0",
            }),
          ],
        })}
        stale={false}
        now={0}
        opened={null}
        open={vi.fn()}
      />
    </MantineProvider>,
  );
  const cells = within(rowOf("09–10"))
    .getAllByRole("cell")
    .map((cell) => cell.textContent);
  expect(cells[0]).toBe("no deals");
  expect(cells[2]).toBe("—");
  expect(cells[4]).toBe("0.000");
  expect(cells[9]).toBe("0.00");
});

test("a click anywhere on a row opens its deals", async () => {
  const open = table();
  await userEvent.click(within(rowOf("08–09")).getByText("+48.00"));
  expect(open).toHaveBeenCalledExactlyOnceWith("08-09");
});

test("Enter on a row's button opens its deals, once", async () => {
  const open = table();
  screen.getByRole("button", { name: "08:15–08:30" }).focus();
  await userEvent.keyboard("{Enter}");
  expect(open).toHaveBeenCalledExactlyOnceWith("08:15-08:30");
});

test("the foot of the table is the whole day and opens all its deals", async () => {
  const open = table();
  await userEvent.click(screen.getByRole("button", { name: "Whole day" }));
  expect(open).toHaveBeenCalledExactlyOnceWith("day");
});

test("stale rows have unknown lights", () => {
  table(vi.fn(), true);
  expect(rowOf("08–09").textContent).toContain("stale");
  expect(document.querySelectorAll('svg[data-shape="not-above"]')).toHaveLength(0);
});

test.each([
  ["2023-02-06T07:30:00Z", "07-08"],
  ["2023-02-07T07:30:00Z", "08-09"],
])("at %s the table begins at %s", (now, label) => {
  const quiet = { dealCount: 0 };
  const { container } = render(
    <MantineProvider env="test">
      <PeriodTable
        performance={performance({
          periods: [
            period("06-07", "2023-02-06T06:00:00Z", "2023-02-06T07:00:00Z", quiet),
            period("07-08", "2023-02-06T07:00:00Z", "2023-02-06T08:00:00Z", quiet),
            period("08-09", "2023-02-06T08:00:00Z", "2023-02-06T09:00:00Z"),
          ],
        })}
        stale={false}
        now={Date.parse(now)}
        opened={null}
        open={vi.fn()}
      />
    </MantineProvider>,
  );
  expect(startOf(container)?.dataset.period).toBe(label);
});
