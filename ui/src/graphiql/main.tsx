// Where do analysts write their own queries? In GraphiQL, served by us, with examples to start from.
import { createGraphiQLFetcher } from "@graphiql/toolkit";
import { GraphiQL } from "graphiql";
import "graphiql/setup-workers/vite";
import "graphiql/style.css";
import "@fontsource-variable/inter/index.css";
import { createClient } from "graphql-ws";
import { createRoot } from "react-dom/client";
import { seesWholeDesk } from "../market/viewer";
import { exampleNamed, examplesFor } from "./examples";
import "./graphiql.css";

const socket = new URL("/graphql", window.location.href);
socket.protocol = socket.protocol === "https:" ? "wss:" : "ws:";

const fetcher = createGraphiQLFetcher({
  url: "/graphql",
  wsClient: createClient({ url: socket.href, keepAlive: 10_000 }),
});

interface Start {
  day: string;
  trader: string;
  ownOnly: boolean;
}

async function answerTo(query: string) {
  const response = await fetch("/graphql", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ query }),
  });
  return (await response.json()).data;
}

/** A day and a trader for the examples; the page opens also when the server has no answer yet. */
async function something(): Promise<Start> {
  const otherwise = { day: new Date().toISOString().slice(0, 10), trader: "trader_1", ownOnly: false };
  try {
    const { market, viewer } = await answerTo("query Viewer { market { today } viewer { roles traderId } }");
    const ownOnly = !seesWholeDesk(viewer);
    const trader = ownOnly ? viewer.traderId : (await answerTo("query Traders { traders }")).traders[0];
    return { day: market.today, trader: trader ?? otherwise.trader, ownOnly };
  } catch {
    return otherwise;
  }
}

const root = document.getElementById("root");
if (!root) throw new Error("graphiql.html has no #root");
const { day, trader, ownOnly } = await something();
const examples = examplesFor(day, trader, ownOnly);
const named = exampleNamed(examples, window.location.hash);
const first = named ?? examples[0];
createRoot(root).render(
  <GraphiQL
    fetcher={fetcher}
    defaultTabs={first ? [first, ...examples.filter((each) => each !== first)] : examples}
    // The first tab is open before GraphiQL has read its variables from the list.
    initialVariables={first?.variables ?? ""}
    {...(named ? { initialQuery: named.query } : {})}
    defaultEditorToolsVisibility="variables"
  >
    <GraphiQL.Logo>
      <a href="/">Wattbook</a>
    </GraphiQL.Logo>
  </GraphiQL>,
);
