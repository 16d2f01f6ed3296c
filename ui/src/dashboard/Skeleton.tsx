// What keeps the places while the figures are on their way?
import summary from "../performance/performance.module.css";
import classes from "./dashboard.module.css";

const ROWS = Array.from({ length: 12 }, (_, row) => row);

export function Skeleton() {
  return (
    <div aria-busy="true" className={classes.skeleton}>
      <span className={classes.spoken}>Fetching the figures…</span>
      <div className={summary.summary}>
        <div className={classes.bone} data-size="card" />
        <div className={summary.cards}>
          <div className={classes.bone} data-size="card" />
          <div className={classes.bone} data-size="card" />
          <div className={classes.bone} data-size="card" />
          <div className={classes.bone} data-size="card" />
        </div>
      </div>
      <div className={classes.chartPlace} />
      <div className={classes.periods}>
        {ROWS.map((row) => (
          <div key={row} className={classes.boneRow} />
        ))}
      </div>
    </div>
  );
}
