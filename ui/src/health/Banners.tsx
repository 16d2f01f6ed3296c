// What must be known before the figures are believed? One plain sentence each, on top of them.
import classes from "./health.module.css";
import type { Sentence } from "./sentences";

export function Banners({ sentences }: { sentences: readonly Sentence[] }) {
  if (sentences.length === 0) return null;
  return (
    <ul className={classes.banners} aria-label="What to know about these figures">
      {sentences.map(({ about, severity, text, link }) => (
        <li key={about} className={classes.banner} data-banner={about} data-severity={severity}>
          <span className={classes.sign} aria-hidden="true">
            {severity === "warning" ? "!" : "i"}
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
