// Has the browser a language that can be formatted in?

/**
 * A browser started without a locale may report "en-US@posix", which is no language tag: whoever hands it to Intl, as
 * the chart's library does while it loads, fails. Such a browser is given English.
 */
export function repairLanguage(browser: Pick<Navigator, "language">): void {
  try {
    Intl.getCanonicalLocales(browser.language);
  } catch {
    Object.defineProperty(browser, "language", { value: "en", configurable: true });
  }
}
