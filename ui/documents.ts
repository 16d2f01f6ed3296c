// Where does each GraphQL document go? Into the file that asks it, so that a first visit loads only its own.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Plugin } from "vite";

const WRITTEN = /\bgraphql\(\s*`\s*(query|mutation|subscription|fragment)\s+(\w+)[^`]*`\s*,?\s*\)/g;
const GENERATED = /^export const (\w+) = (\{.*\}) as unknown as DocumentNode/gm;

/** Puts what codegen made of a document in the place of the call that looks it up in the list of all. */
export function documents(): Plugin {
  const made = new Map<string, string>();
  return {
    name: "wattbook-documents",
    enforce: "pre",
    buildStart() {
      const generated = readFileSync(join(import.meta.dirname, "src", "gql", "graphql.ts"), "utf8");
      for (const [, name, json] of generated.matchAll(GENERATED)) made.set(name as string, json as string);
    },
    transform(code, file) {
      if (!/\/src\/(?!gql\/).*\.tsx?$/.test(file) || !code.includes("graphql(`")) return null;
      return code.replace(WRITTEN, (_call: string, kind: string, name: string) => {
        const document = made.get(`${name}${kind === "fragment" ? "FragmentDoc" : "Document"}`);
        if (!document) throw new Error(`${file}: codegen has made nothing of ${kind} ${name}`);
        return `(${document})`;
      });
    },
  };
}
