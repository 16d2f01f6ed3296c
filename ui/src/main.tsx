// How does the dashboard start?
import { MantineProvider } from "@mantine/core";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { Provider } from "urql";
import "@fontsource-variable/inter/index.css";
import "./look/mantine";
import "./look/tokens.css";
import "./look/page.css";
import { App } from "./App";
import { client } from "./api/client";
import { Fence } from "./dashboard/Fence";
import { reloadWhenReplaced } from "./look/replaced";
import { theme } from "./look/theme";

reloadWhenReplaced();
const root = document.getElementById("root");
if (!root) throw new Error("index.html has no #root");
createRoot(root).render(
  <StrictMode>
    {/* The variables come from a style sheet: a content security policy can then refuse every inline style. */}
    <MantineProvider
      theme={theme}
      defaultColorScheme="auto"
      withCssVariables={false}
      withGlobalClasses={false}
    >
      <Provider value={client}>
        <Fence instead="The page has failed. Reload it: the address keeps what you were looking at.">
          <App />
        </Fence>
      </Provider>
    </MantineProvider>
  </StrictMode>,
);
