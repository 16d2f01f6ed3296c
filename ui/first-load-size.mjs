// How much does a first visit to the dashboard download? Fails the build above 250 KiB gzip.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

const LIMIT_KIB = 250;
const folder = join(import.meta.dirname, "..", "graphql_api", "static");
const manifest = JSON.parse(readFileSync(join(folder, ".vite", "manifest.json"), "utf8"));

const files = new Set(["index.html"]);

function collect(name) {
  const chunk = manifest[name];
  if (files.has(chunk.file)) return;
  files.add(chunk.file);
  for (const sheet of chunk.css ?? []) files.add(sheet);
  for (const imported of chunk.imports ?? []) collect(imported);
}
collect("index.html");
// The chart is asked for right after the first paint, and so is the one font file of Latin text.
for (const name of Object.keys(manifest)) if (name.includes("chart/DayChart")) collect(name);
for (const name of readdirSync(join(folder, "assets"))) {
  if (name.startsWith("inter-latin-wght-normal") && name.endsWith(".woff2")) files.add(join("assets", name));
}

let total = 0;
for (const file of files) {
  const bytes = readFileSync(join(folder, file));
  const size = file.endsWith(".woff2") ? bytes.length : gzipSync(bytes, { level: 9 }).length;
  total += size;
  console.log(`${(size / 1024).toFixed(1).padStart(8)} KiB  ${file}`);
}
const kib = total / 1024;
console.log(`${kib.toFixed(1).padStart(8)} KiB  first load, gzip (limit ${LIMIT_KIB})`);
if (kib > LIMIT_KIB) {
  console.error(`The first load is ${kib.toFixed(1)} KiB, above the limit of ${LIMIT_KIB} KiB.`);
  process.exit(1);
}
