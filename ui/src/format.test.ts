// Is every figure written exactly, with the signs and spaces that a person expects?
import { expect, test } from "vitest";
import { countOf, deltaOf, eur, eurPerMwh, mwh, whole } from "./format";

test.each([
  ["0.125", "0.12"],
  ["0.135", "0.14"],
  ["2.5", "2.50"],
  ["0.005", "0.00"],
  ["0.015", "0.02"],
  ["-0.125", "−0.12"],
  ["1.005", "1.00"],
  ["2.675", "2.68"],
])("%s EUR rounds half to even and reads %s", (value, shown) => {
  expect(eur(value)).toBe(shown);
});

test("a decimal that no binary float can hold is written exactly", () => {
  expect(eur("12345678901234567890.125")).toBe("12\u2009345\u2009678\u2009901\u2009234\u2009567\u2009890.12");
});

test("thousands are parted by thin spaces and minus is the true minus", () => {
  expect(eur("-1748.81")).toBe("\u22121\u2009748.81");
  expect(eur("999.5")).toBe("999.50");
});

test.each(["-0.001", "-0", "0", "0.000", "-0.005"])(
  "%s is zero without a sign, also where signs are always shown",
  (value) => {
    expect(eur(value)).toBe("0.00");
    expect(eur(value, "always")).toBe("0.00");
  },
);

test("a plus stands only where signs are always shown", () => {
  expect(eurPerMwh("0.42")).toBe("0.42");
  expect(eurPerMwh("0.42", "always")).toBe("+0.42");
  expect(eurPerMwh("-4.2", "always")).toBe("−4.20");
});

test("energy has three decimals", () => {
  expect(mwh("120")).toBe("120.000");
  expect(mwh("0.0625")).toBe("0.062");
});

test("what is unknown is a dash and never a zero", () => {
  expect(eur(null)).toBe("—");
  expect(mwh(undefined)).toBe("—");
  expect(eurPerMwh("0")).toBe("0.00");
});

test("positions and counts are grouped, and one deal is not one deals", () => {
  expect(whole("48213")).toBe("48\u2009213");
  expect(whole("9007199254740993")).toBe("9\u2009007\u2009199\u2009254\u2009740\u2009993");
  expect(countOf(1, "deal")).toBe("1 deal");
  expect(countOf(1200, "deal")).toBe("1\u2009200 deals");
});

test.each([
  ["0.42", "GREEN", "+0.42"],
  ["0.004", "GREEN", "+0.004"],
  ["0.005", "GREEN", "+0.005"],
  ["0.000001", "GREEN", "+0.000001"],
  ["-0.0025", "RED", "−0.002"],
  ["0", "RED", "0.00"],
  ["0", "GREEN", "+<0.000001"],
  [null, "UNKNOWN", "—"],
])("a delta of %s with the light %s reads %s, never as a green zero", (delta, light, shown) => {
  expect(deltaOf({ delta, light })).toBe(shown);
});
