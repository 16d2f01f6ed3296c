// How does what is shown leave as a file? By a link for each format, to the very position that is shown.

import { exportAddress, FORMATS, type Shown } from "./exports";
import classes from "./exports.module.css";

interface ExportLinksProps {
  shown: Shown;
  /** The position whose knowledge is shown. */
  position: string;
}

export function ExportLinks({ shown, position }: ExportLinksProps) {
  return (
    <span className={classes.exports} data-field="export">
      Export the deals:
      {FORMATS.map((format) => (
        // A refusal is then a failed download, and the page stays.
        <a key={format} href={exportAddress(format, shown, position)} download data-export={format}>
          {format === "csv" ? "CSV" : "Parquet"}
        </a>
      ))}
    </span>
  );
}
