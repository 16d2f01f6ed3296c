// Does the light say the same on all four of its channels: shape, sign, word and colour?
import { MantineProvider } from "@mantine/core";
import { render, screen } from "@testing-library/react";
import { expect, test } from "vitest";
import { figures } from "../performance/example";
import { Headline } from "../performance/Headline";
import { QUIET_MS, silent, turn } from "./announcement";
import { sightOf } from "./light";

function headline(change: Parameters<typeof figures>[0], stale = false) {
  const { container } = render(
    <MantineProvider env="test">
      <Headline total={figures(change)} stale={stale} live={false} />
    </MantineProvider>,
  );
  return {
    shape: container.querySelector("svg")?.dataset.shape,
    colour: container.querySelector("section")?.dataset.light,
    word: container.querySelector('[data-field="light"]')?.textContent,
    delta: container.querySelector('[data-field="delta"]')?.textContent,
  };
}

test("green is a ring with a triangle, a plus and the word above", () => {
  expect(headline({ light: "GREEN", delta: "0.42" })).toEqual({
    shape: "above",
    colour: "above",
    word: "Above reference",
    delta: "+0.42 EUR/MWh",
  });
});

test("red is a filled square, a minus and the words not above", () => {
  expect(headline({ light: "RED", delta: "-3" })).toEqual({
    shape: "not-above",
    colour: "not-above",
    word: "Not above reference",
    delta: "−3.00 EUR/MWh",
  });
});

test("equal is not above, by the desk's rule, and shows a zero without a sign", () => {
  expect(headline({ light: "RED", delta: "0" })).toMatchObject({
    word: "Not above reference",
    delta: "0.00 EUR/MWh",
  });
});

test("unknown gives its reason and a dash", () => {
  expect(headline({ light: "UNKNOWN", lightReason: "NO_DEALS", delta: null })).toMatchObject({
    shape: "unknown",
    word: "No deals",
    delta: "— EUR/MWh",
  });
  expect(sightOf("UNKNOWN", "NO_REFERENCE_PRICE", false).word).toBe("no reference");
});

test("a stale light is unknown, whatever it was", () => {
  expect(headline({ light: "GREEN", delta: "0.42" }, true)).toMatchObject({
    shape: "unknown",
    word: "Stale",
  });
});

test("how much of the energy is priced stands under the light", () => {
  render(
    <MantineProvider env="test">
      <Headline total={figures({ pricedMwh: "232.5", tradedMwh: "242.5" })} stale={false} live={false} />
    </MantineProvider>,
  );
  expect(screen.getByLabelText("Against the reference price").textContent).toContain(
    "232.500 of 242.500 MWh priced",
  );
});

test("without deals there is neither a delta nor a share that is priced", () => {
  const { container } = render(
    <MantineProvider env="test">
      <Headline
        total={figures({ dealCount: 0, light: "UNKNOWN", lightReason: "NO_DEALS", delta: null })}
        stale={false}
        live={false}
      />
    </MantineProvider>,
  );
  expect(container.textContent).toContain("No deals");
  expect(container.querySelector('[data-field="delta"], [data-field="priced"]')).toBeNull();
});

test("what the page opens with is not announced, a flip is", () => {
  const open = turn(silent, "above", 0);
  expect(open.speak).toBe(false);
  expect(turn(open.announcer, "not-above", 50).speak).toBe(true);
});

test("a second flip within ten seconds waits for its time", () => {
  const first = turn(turn(silent, "above", 0).announcer, "not-above", 1_000).announcer;
  expect(turn(first, "above", 4_000)).toMatchObject({ speak: false, againIn: QUIET_MS - 3_000 });
  expect(turn(first, "above", 11_000).speak).toBe(true);
});

test("a light that flips back meanwhile is not announced at all", () => {
  const first = turn(turn(silent, "above", 0).announcer, "not-above", 1_000).announcer;
  expect(turn(first, "not-above", 11_000)).toMatchObject({ speak: false, againIn: null });
});
