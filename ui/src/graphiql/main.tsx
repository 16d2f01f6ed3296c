// Where do analysts write their own queries? In GraphiQL, served by us, with examples to start from.
import { createGraphiQLFetcher } from "@graphiql/toolkit";
import { GraphiQL } from "graphiql";
import "graphiql/setup-workers/vite";
import "graphiql/style.css";
import "@fontsource-variable/inter/index.css";
import { createClient } from "graphql-ws";
import { createRoot } from "react-dom/client";
import { examplesFor } from "./examples";
import "./graphiql.css";

const socket = new URL("/graphql", window.location.href);
socket.protocol = socket.protocol === "https:" ? "wss:" : "ws:";

const fetcher = createGraphiQLFetcher({
  url: "/graphql",
  wsClient: createClient({ url: socket.href, keepAlive: 10_000 }),
});

/** A day and a trader for the examples; the page opens also when the server has no answer yet. */
async function something(): Promise<{ day: string; trader: string }> {
  const otherwise = { day: new Date().toISOString().slice(0, 10), trader: "trader_1" };
  try {
    const response = await fetch("/graphql", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ query: "query Examples { market { today } traders }" }),
    });
    const { data } = await response.json();
    return { day: data.market.today, trader: data.traders[0] ?? otherwise.trader };
  } catch {
    return otherwise;
  }
}

const root = document.getElementById("root");
if (!root) throw new Error("graphiql.html has no #root");
const { day, trader } = await something();
const examples = examplesFor(day, trader);
createRoot(root).render(
  <GraphiQL
    fetcher={fetcher}
    defaultTabs={examples}
    // The first tab is open before GraphiQL has read its variables from the list.
    initialVariables={examples[0]?.variables ?? ""}
    defaultEditorToolsVisibility="variables"
  >
    <GraphiQL.Logo>
      <a href="/">Wattbook</a>
    </GraphiQL.Logo>
  </GraphiQL>,
);
