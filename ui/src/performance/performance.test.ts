// Which of two answers stands?
import { expect, test } from "vitest";
import { performance } from "./example";
import { newerOf } from "./performance";

const at = (position: string) =>
  performance({ knowledge: { position, recordedAt: null, completeUpTo: null } });

test("the later position stands, whichever way the two crossed", () => {
  expect(newerOf(at("9"), at("10")).knowledge.position).toBe("10");
  expect(newerOf(at("10"), at("9")).knowledge.position).toBe("10");
});

test("positions beyond what a float can count are told apart", () => {
  expect(newerOf(at("9007199254740993"), at("9007199254740992")).knowledge.position).toBe("9007199254740993");
});

test("at the same position the one that arrived stands", () => {
  const shown = at("7");
  const arrived = at("7");
  expect(newerOf(shown, arrived)).toBe(arrived);
});
