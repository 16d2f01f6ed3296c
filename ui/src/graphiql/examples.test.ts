// Does every example fit its reader: what they may ask, and what they can see of it?
import { expect, test } from "vitest";
import { exampleNamed, examplesFor } from "./examples";

const names = (ownOnly: boolean) =>
  examplesFor("2023-02-06", "trader_1", ownOnly).map((example) => example.name);
const examples = examplesFor("2023-02-06", "trader_1", false);

test("a trader is not given the question about the desk, which would be refused", () => {
  expect(names(false)).toContain("DeskDay");
  expect(names(true)).not.toContain("DeskDay");
});

test.each(examples)("$name is called what its operation is called", ({ name, query }) => {
  expect(query).toMatch(new RegExp(`^(query|subscription) ${name}\\b`, "m"));
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
