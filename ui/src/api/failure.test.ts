// Does a failure say what happened, to what, and what to do?
import { CombinedError } from "urql";
import { expect, test } from "vitest";
import { failureOf } from "./failure";

const refused = (message: string, code: string, status = 200) =>
  failureOf(
    new CombinedError({
      graphQLErrors: [{ message, extensions: { code } }],
      response: new Response("", { status }),
    }),
  );

test("a position past the head is named together with the head", () => {
  expect(refused("position 99999999 is past the head of the log, 1747", "BAD_USER_INPUT")).toMatchObject({
    kind: "no such position",
    title: "There is no position 99\u2009999\u2009999 yet; the log ends at 1\u2009747.",
  });
});

test("other bad input is told in the server's words", () => {
  expect(refused("deliveryDay: out of range", "BAD_USER_INPUT")).toMatchObject({
    kind: "bad request",
    advice: "deliveryDay: out of range",
  });
});

test("503 is the database, and no answer at all the network", () => {
  expect(refused("down", "INTERNAL", 503).kind).toBe("database");
  expect(refused("oops", "INTERNAL", 500).kind).toBe("server");
  expect(failureOf(new CombinedError({ networkError: new Error("gone") })).kind).toBe("unreachable");
});
