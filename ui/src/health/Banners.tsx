// What must be known before the figures are believed? One plain sentence each, on top of them.
import classes from "./health.module.css";
import type { Sentence } from "./sentences";

const ON_THE_FIGURES = "What to know about these figures";

export function Banners({
  sentences,
  label = ON_THE_FIGURES,
}: {
  sentences: readonly Sentence[];
  label?: string;
}) {
  if (sentences.length === 0) return null;
  return (
    <ul className={classes.banners} aria-label={label}>
      {sentences.map(({ about, severity, text, link }) => (
        <li key={`${about} ${text}`} className={classes.banner} data-banner={about} data-severity={severity}>
          <span className={classes.sign} aria-hidden="true">
            {severity === "notice" ? "i" : "!"}
          </span>
          <span data-sentence>{text}</span>
          {link && (
            <a className={classes.link} href={link.address}>
              {link.text}
            </a>
          )}
        </li>
      ))}
    </ul>
  );
}
