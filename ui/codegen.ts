// What types do the operations written in src/ have? Generated into src/gql/, which git ignores.
import type { CodegenConfig } from "@graphql-codegen/cli";

const config: CodegenConfig = {
  schema: "schema.graphql",
  documents: ["src/**/*.{ts,tsx}", "!src/gql/**"],
  generates: {
    "src/gql/": {
      preset: "client",
      presetConfig: { fragmentMasking: false },
      config: {
        strictScalars: true,
        useTypeImports: true,
        enumsAsTypes: true,
        // Decimals and positions stay strings: the browser shows them and never computes with them.
        scalars: { Date: "string", DateTime: "string", Decimal: "string", Position: "string" },
      },
    },
  },
};

export default config;
