// Does the slider lead through the recorded moments, and to the one it rests on?
import { MantineProvider } from "@mantine/core";
import { act, fireEvent, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { Client, fetchExchange, Provider } from "urql";
import { expect, test, vi } from "vitest";
import { opened } from "../health/freshness";
import { PulseContext } from "../health/PulseContext";
import { MarketContext } from "../market/MarketContext";
import { MomentForm } from "./MomentForm";
import { MomentSlider } from "./MomentSlider";
import { type Moments, placeOf } from "./moments";
import { ReportChoices } from "./ReportChoices";

const MARKET = {
  market: { timeZone: "Europe/Berlin", today: "2023-02-06", exchange: "exchange" },
  viewer: { name: "auditor", roles: ["AUDITOR" as const], traderId: null },
  signInOptions: [],
};
const FOUND: Moments = {
  count: 3,
  moments: [
    { position: "7", recordedAt: "2023-02-06T06:00:00Z" },
    { position: "12", recordedAt: "2023-02-06T07:00:00Z" },
    { position: "9007199254740993", recordedAt: "2023-02-06T08:00:00Z" },
  ],
};

function open(part: React.ReactNode, reports: unknown[] = []) {
  const fetch = async () => {
    const found = {
      edges: reports.map((node) => ({ node })),
      pageInfo: { hasNextPage: false, endCursor: null },
    };
    return new Response(JSON.stringify({ data: { reports: found } }), {
      headers: { "content-type": "application/json" },
    });
  };
  const client = new Client({
    url: "http://here/graphql",
    exchanges: [fetchExchange],
    fetch,
    preferGetMethod: false,
  });
  return render(
    <MantineProvider env="test">
      <Provider value={client}>
        <MarketContext value={MARKET}>{part}</MarketContext>
      </Provider>
    </MantineProvider>,
  );
}

const slider = () => screen.getByRole("slider", { name: "Slide through the day" });
const slideTo = (place: string) => fireEvent.change(slider(), { target: { value: place } });

test.each([
  ["6", -1],
  ["7", 0],
  ["11", 0],
  ["12", 1],
  ["9007199254740992", 1],
  ["9007199254740993", 2],
  [null, 2],
])("at position %s the moment known last is number %d", (at, place) => {
  expect(placeOf(FOUND, at)).toBe(place);
});

test("the slider says in words which moment it stands at", () => {
  open(<MomentSlider found={FOUND} at="12" slide={() => {}} />);
  expect(slider().getAttribute("aria-valuetext")).toBe("2023-02-06 08:00:00, position 12");
  expect(screen.getByText("3 moments at which a deal or a price of these figures was recorded")).toBeTruthy();
});

test("of more moments than there is room for it says how many there are", () => {
  open(<MomentSlider found={{ ...FOUND, count: 12034 }} at={null} slide={() => {}} />);
  expect(screen.getByText(/^3 moments, spread evenly over the 12.034 at which/)).toBeTruthy();
});

test("before the first moment, and where there is none, it is said so", () => {
  const { unmount } = open(<MomentSlider found={FOUND} at="3" slide={() => {}} />);
  expect(slider().getAttribute("aria-valuetext")).toBe("before the first moment");
  unmount();
  open(<MomentSlider found={{ count: 0, moments: [] }} at="3" slide={() => {}} />);
  expect(screen.getByText("Nothing was recorded yet that concerns these figures.")).toBeTruthy();
});

test("reports of these figures alone can be chosen, by their position", async () => {
  const report = {
    id: "20",
    traderId: null,
    deliveryDay: "2023-02-06",
    position: "12",
    publishedBy: "desk",
    digest: "",
  };
  const published = { ...report, publishedAt: "2023-02-06T08:00:00Z" };
  const choose = vi.fn();
  open(<ReportChoices traderId={null} deliveryDay="2023-02-06" at="12" choose={choose} />, [
    { ...published, id: "21", traderId: "anna", position: "13" },
    published,
  ]);
  const button = await screen.findByRole("button", { name: "Position 12" });
  expect(screen.queryByRole("button", { name: "Position 13" })).toBeNull();
  await userEvent.setup().click(button);
  expect(choose).toHaveBeenCalledWith("12");
  expect(screen.getByRole("link").getAttribute("href")).toBe("/reports?day=2023-02-06&at=12");
});

test("where no report was published of these figures, it is said", async () => {
  open(<ReportChoices traderId="anna" deliveryDay="2023-02-06" at={null} choose={() => {}} />);
  await screen.findByText("None of these figures yet.");
});

test("a moment is asked for once the slider rests there, not for each that it passes", () => {
  vi.useFakeTimers();
  try {
    const slide = vi.fn();
    open(<MomentSlider found={FOUND} at={null} slide={slide} />);
    slideTo("1");
    slideTo("0");
    expect(slider().getAttribute("aria-valuetext")).toBe("2023-02-06 07:00:00, position 7");
    expect(slide).not.toHaveBeenCalled();
    act(() => vi.runAllTimers());
    expect(slide.mock.calls).toEqual([["7"]]);
    fireEvent.click(screen.getByRole("button", { name: "Earlier moment" }));
    act(() => vi.runAllTimers());
    expect(slide.mock.calls).toEqual([["7"], ["12"]]);
  } finally {
    vi.useRealTimers();
  }
});

test("a time that has not come yet is refused in a sentence, and the page stays where it is", async () => {
  const choose = vi.fn();
  const pulse = {
    health: null,
    freshness: opened(0),
    serverNow: () => Date.parse("2023-02-06T08:00:00Z"),
    notBefore: () => {},
    caughtUp: () => {},
  };
  open(
    <PulseContext value={pulse}>
      <MomentForm traderId={null} deliveryDay="2023-02-06" at={null} head="12" choose={choose} />
    </PulseContext>,
  );
  const field = screen.getByLabelText("As known at (Europe/Berlin)");
  fireEvent.change(field, { target: { value: "2023-02-06 09:00:01" } });
  fireEvent.submit(field);
  await screen.findByText("That time has not come yet: what is known now is shown live.");
  expect(choose).not.toHaveBeenCalled();
});
