// What is on the screen before the server has said who is looking? The page's places, or why there are no figures.
import type { Failure } from "../api/failure";
import header from "../header/header.module.css";
import { LightMark } from "../light/LightMark";
import classes from "./dashboard.module.css";
import { Skeleton } from "./Skeleton";

export function Opening({ failure }: { failure: Failure | null }) {
  return (
    <div className={classes.page}>
      <header className={header.header}>
        <h1 className={header.name}>
          <LightMark shape="above" size={18} />
          Wattbook
        </h1>
      </header>
      <main className={classes.main}>
        {failure ? (
          <section className={classes.failure} role="alert" data-failure={failure.kind}>
            <h2>{failure.title}</h2>
            <p>{failure.advice}</p>
          </section>
        ) : (
          <Skeleton />
        )}
      </main>
    </div>
  );
}
