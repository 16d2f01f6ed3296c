// Can figures be formatted in whatever language the browser says it has?
import { expect, test } from "vitest";
import { repairLanguage } from "./language";

test.each(["en-US@posix", "C", "", "de_DE.UTF-8"])(
  "%s is no language tag, so English stands in",
  (language) => {
    const browser = { language };
    repairLanguage(browser);
    expect(browser.language).toBe("en");
    expect(() => new Intl.NumberFormat(browser.language)).not.toThrow();
  },
);

test.each(["de", "en-GB", "zh-Hant-TW"])("%s stays", (language) => {
  const browser = { language };
  repairLanguage(browser);
  expect(browser.language).toBe(language);
});
