// Does a page that says it tries again do so, and leave what cannot pass to the person?
import { act, renderHook } from "@testing-library/react";
import { Client, fetchExchange, Provider } from "urql";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ReportDocument } from "../reports/reports";
import { useAnswer } from "./useAnswer";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const JSON_TYPE = { "content-type": "application/json" };
const refused = (status: number, code: string) => () =>
  new Response(JSON.stringify({ errors: [{ message: "no", extensions: { code } }] }), {
    status,
    headers: JSON_TYPE,
  });
const answered = () => new Response(JSON.stringify({ data: { report: null } }), { headers: JSON_TYPE });

/** The hook before a server that answers in this order, then never again. */
function ask(answers: (() => Response)[]) {
  const fetch = async () => {
    const answer = answers.shift();
    if (!answer) throw new TypeError("Failed to fetch");
    return answer();
  };
  const client = new Client({
    url: "http://here/graphql",
    exchanges: [fetchExchange],
    fetch,
    preferGetMethod: false,
  });
  const wrapper = ({ children }: { children: React.ReactNode }) => (
    <Provider value={client}>{children}</Provider>
  );
  return renderHook(() => useAnswer(ReportDocument, { id: "7" }), { wrapper }).result;
}
const pass = (milliseconds: number) => act(() => vi.advanceTimersByTimeAsync(milliseconds));

test("a database that was away is asked until it is back", async () => {
  const hook = ask([refused(503, "INTERNAL"), refused(500, "INTERNAL"), answered]);
  await pass(10);
  expect(hook.current.failure?.kind).toBe("database");
  await pass(2_000);
  expect(hook.current.failure?.kind).toBe("server");
  await pass(2_000);
  expect(hook.current).toMatchObject({ failure: null, data: { report: null } });
});

test("what cannot pass is asked again only when a person says so", async () => {
  const hook = ask([refused(400, "BAD_USER_INPUT"), answered]);
  await pass(10_000);
  expect(hook.current.failure?.kind).toBe("bad request");
  await act(async () => hook.current.again());
  await pass(10);
  expect(hook.current).toMatchObject({ failure: null, data: { report: null } });
});
