// What is fetched together? All that a first visit to the dashboard needs and GraphiQL does not: one file packs best.
import type { Rolldown } from "vite";

const DASHBOARD = /\/src\/main\.tsx$/;
const GRAPHIQL = /\/src\/graphiql\/main\.tsx$/;

type Asked = Pick<Rolldown.PluginContext, "getModuleInfo">;

/** Whether an entry imports the module, over whatever others, without waiting until somebody asks for it. */
function isLoadedWith(entry: RegExp, id: string, asked: Asked): boolean {
  const seen = new Set([id]);
  for (const each of seen) {
    if (entry.test(each)) return true;
    for (const importer of asked.getModuleInfo(each)?.importers ?? []) seen.add(importer);
  }
  return false;
}

export const firstVisit = {
  debugName: "first visit",
  name: (id: string, asked: Asked) =>
    !DASHBOARD.test(id) && isLoadedWith(DASHBOARD, id, asked) && !isLoadedWith(GRAPHIQL, id, asked)
      ? "first-visit"
      : null,
};
