// How is a browser started where none is installed? Chromium comes with the packages, and starts without a sandbox
// of its own: the only pages it opens are Wattbook's.
import { mkdirSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import chromium from "@sparticuz/chromium";
import { chromium as playwright } from "playwright-core";

export async function launch() {
  // The package unpacks to one place for all users of a machine, where the first one keeps the others out.
  const own = join(tmpdir(), `wattbook-browser-${userInfo().uid}`);
  mkdirSync(own, { recursive: true, mode: 0o700 });
  process.env.TMPDIR = own;
  return playwright.launch({
    executablePath: process.env.WATTBOOK_CHROMIUM ?? (await chromium.executablePath()),
    args: ["--no-sandbox", "--disable-dev-shm-usage"],
    headless: true,
  });
}

export function baseAddress() {
  const address = process.env.WATTBOOK_URL;
  if (!address) {
    console.error("Set WATTBOOK_URL to the address of a running Wattbook, for example http://127.0.0.1:8000");
    process.exit(2);
  }
  return address.replace(/\/$/, "");
}

export const print = (line) => console.log(JSON.stringify(line));

// A zone far from the market's shows that the page never uses it. Without a locale, Chromium may report one that is
// no language tag.
export const PERSON = { locale: "en-US", timezoneId: "Pacific/Auckland", reducedMotion: "reduce" };
