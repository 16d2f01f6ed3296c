// How is a decimal string written for a person? Exactly: the text is formatted, never turned into a float.

const UNKNOWN = "—";
const THIN_SPACE = "\u2009";
const MINUS = "\u2212";

type Sign = "when-negative" | "always";

function formatter(decimals: number, sign: Sign): Intl.NumberFormat {
  return new Intl.NumberFormat("en-GB", {
    minimumFractionDigits: decimals,
    maximumFractionDigits: decimals,
    roundingMode: "halfEven",
    // Both leave zero without a sign, also what only rounds to zero: "-0.00" is never shown.
    signDisplay: sign === "always" ? "exceptZero" : "negative",
  });
}

const DECIMALS = [0, 1, 2, 3, 4, 5, 6] as const;
const formatters = {
  "when-negative": DECIMALS.map((decimals) => formatter(decimals, "when-negative")),
  always: DECIMALS.map((decimals) => formatter(decimals, "always")),
};

function write(value: string | null | undefined, decimals: (typeof DECIMALS)[number], sign: Sign): string {
  if (value === null || value === undefined) return UNKNOWN;
  // The standard takes decimal strings of any length exactly; the type only knows the literal form.
  const parts = (formatters[sign][decimals] as Intl.NumberFormat).formatToParts(
    value as Intl.StringNumericLiteral,
  );
  return parts
    .map((part) => {
      if (part.type === "group") return THIN_SPACE;
      if (part.type === "minusSign") return MINUS;
      return part.value;
    })
    .join("");
}

/** EUR with 2 decimals. */
export const eur = (value: string | null | undefined, sign: Sign = "when-negative") => write(value, 2, sign);

/** EUR/MWh with 2 decimals. */
export const eurPerMwh = (value: string | null | undefined, sign: Sign = "when-negative") =>
  write(value, 2, sign);

/**
 * Average minus reference, in EUR/MWh: with 2 decimals, and more where these would say zero. Equal is not above, so a
 * delta that is above must not read 0.00.
 */
export function deltaOf({ delta, light }: { delta?: string | null; light: string }): string {
  const decimals = delta ? DECIMALS.slice(2).find((each) => /[1-9]/.test(write(delta, each, "always"))) : 2;
  if (decimals !== undefined) return write(delta, decimals, "always");
  return light === "GREEN" ? `+<${write("0.000001", 6, "when-negative")}` : write(delta, 2, "always");
}

/** MWh (or MW) with 3 decimals. */
export const mwh = (value: string | null | undefined, sign: Sign = "when-negative") => write(value, 3, sign);

/** A count or a log position: whole digits in groups of three. */
export function whole(value: string | number | bigint): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, THIN_SPACE);
}

export function countOf(count: number, one: string, many = `${one}s`): string {
  return `${whole(count)} ${count === 1 ? one : many}`;
}
