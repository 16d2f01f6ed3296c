// Does the file hold what is on the screen: its filter, its position, and no more?
import { expect, test } from "vitest";
import { exportAddress } from "./exports";

const DAY = { traderId: null, deliveryDay: "2023-02-06", label: null };

test("the whole desk's day leaves as of the position on the screen, also where that is the first", () => {
  expect(exportAddress("csv", DAY, "48213")).toBe(
    "/export/deals.csv?deliveryDayFrom=2023-02-06&deliveryDayTo=2023-02-06&asOf=48213",
  );
  expect(exportAddress("parquet", DAY, "0")).toMatch(/^\/export\/deals\.parquet\?.*&asOf=0$/);
});

test("a trader's period leaves alone, whatever signs the names have", () => {
  const shown = { ...DAY, traderId: "Anna & Björn+", label: "02-03B" };
  const { searchParams } = new URL(exportAddress("csv", shown, "7"), "http://here");
  expect(searchParams.get("traderId")).toBe("Anna & Björn+");
  expect(searchParams.get("label")).toBe("02-03B");
});
