// How is the UI built? Two pages, each its own entry, into the folder that the GraphQL API serves.
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";
import { firstVisit } from "./chunks.ts";
import { documents } from "./documents.ts";

const api = "http://127.0.0.1:8000";

export default defineConfig({
  plugins: [documents(), react()],
  build: {
    outDir: "../graphql_api/static",
    emptyOutDir: true,
    manifest: true,
    // A data: address would need its own permission in the content security policy.
    assetsInlineLimit: 0,
    // The editor of the GraphiQL page is large and only that page loads it; first-load-size.mjs guards the dashboard.
    chunkSizeWarningLimit: 4000,
    rolldownOptions: {
      input: { dashboard: "index.html", graphiql: "graphiql.html" },
      output: { codeSplitting: { groups: [firstVisit], includeDependenciesRecursively: false } },
      // GraphiQL is full of directives for a compiler that is not in use here.
      checks: { moduleLevelDirective: false },
    },
  },
  server: { proxy: { "/graphql": { target: api, ws: true }, "/export": api } },
  test: { environment: "happy-dom", setupFiles: ["src/test-setup.ts"], css: false },
});
