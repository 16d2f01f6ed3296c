// Is a flip of the total's light spoken to whoever cannot see it?
import { MantineProvider } from "@mantine/core";
import { act, render, screen } from "@testing-library/react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { QUIET_MS } from "./announcement";
import { LightAnnouncement } from "./LightAnnouncement";
import { sightOf } from "./light";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const region = (light: "GREEN" | "RED", delta: string) => (
  <MantineProvider env="test">
    <LightAnnouncement sight={sightOf(light, null, false)} delta={delta} />
  </MantineProvider>
);
const spoken = () => screen.getByRole("status").textContent;

test("the region is polite, and silent about what the page opened with", () => {
  render(region("GREEN", "+0.42"));
  expect(screen.getByRole("status").getAttribute("aria-live")).toBe("polite");
  expect(spoken()).toBe("");
});

test("a flip is spoken with its delta, the next one only after ten seconds", () => {
  const { rerender } = render(region("GREEN", "+0.42"));
  rerender(region("RED", "−0.10"));
  expect(spoken()).toBe("Not above reference, −0.10 euro per megawatt hour");
  rerender(region("GREEN", "+0.20"));
  expect(spoken()).toContain("Not above reference");
  act(() => vi.advanceTimersByTime(QUIET_MS));
  expect(spoken()).toBe("Above reference, +0.20 euro per megawatt hour");
});

test("a delta that moves without a flip is not spoken", () => {
  const { rerender } = render(region("GREEN", "+0.42"));
  rerender(region("GREEN", "+0.50"));
  expect(spoken()).toBe("");
});
