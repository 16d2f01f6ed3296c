// Does every example fit its reader: what they may ask, and what they can see of it?
import { expect, test } from "vitest";
import { exampleNamed, examplesFor } from "./examples";

const names = (ownOnly: boolean) =>
  examplesFor("2023-02-06", "trader_1", ownOnly).map((example) => example.name);
const examples = examplesFor("2023-02-06", "trader_1", false);

test.each(["DeskDay", "SettleRejection", "DayFiles"])(
  "a trader is not given %s, which would be refused or empty",
  (name) => {
    expect(names(false)).toContain(name);
    expect(names(true)).not.toContain(name);
  },
);

test("the example that settles cannot settle anything before it is filled in", () => {
  const settles = examples.find(({ name }) => name === "SettleRejection");
  expect(JSON.parse(settles?.variables ?? "")).toMatchObject({ id: "", reason: "" });
});

test.each(examples)("$name is called what its operation is called", ({ name, query }) => {
  expect(query).toMatch(new RegExp(`^(query|mutation|subscription) ${name}\\b`, "m"));
});

test("no comment is cut off by the editor", () => {
  const comments = examples.flatMap(({ query }) => query.split("\n").filter((line) => line.startsWith("#")));
  expect(comments.length).toBeGreaterThan(0);
  expect(comments.filter((line) => line.length > 55)).toEqual([]);
});

test("an address can name the example to open", () => {
  expect(exampleNamed(examples, "#OpenRejections")?.name).toBe("OpenRejections");
  expect(exampleNamed(examples, "")).toBeNull();
  expect(exampleNamed(examples, "#Nothing")).toBeNull();
});
