// What do the pages beside the dashboard have in common? Their header with the way to the others, and how they fail.
import { type ReactNode, useEffect } from "react";
import type { Failure } from "../api/failure";
import header from "../header/header.module.css";
import { MarketClock } from "../header/MarketClock";
import { LightMark } from "../light/LightMark";
import classes from "./frame.module.css";

const OTHERS = [
  ["/", "Dashboard"],
  ["/reports", "Reports"],
  ["/events", "Events"],
  ["/health", "Health"],
  ["/graphiql", "GraphiQL"],
] as const;

interface FrameProps {
  /** What the page is about: "reports". */
  name: string;
  /** How the page stands: stands before the clock. */
  state?: ReactNode;
  loaded: boolean;
  children: ReactNode;
  foot?: ReactNode;
}

export function Frame({ name, state, loaded, children, foot }: FrameProps) {
  useEffect(() => {
    document.title = `Wattbook ${name}`;
  }, [name]);
  return (
    <div className={classes.page}>
      <header className={header.header}>
        <h1 className={header.name}>
          <LightMark shape="above" size={18} />
          Wattbook {name}
        </h1>
        <nav className={classes.others} aria-label="Pages">
          {OTHERS.filter(([to]) => to !== window.location.pathname).map(([to, text]) => (
            <a key={to} href={to} className={classes.link}>
              {text}
            </a>
          ))}
        </nav>
        <div className={header.state}>
          {state}
          <MarketClock />
        </div>
      </header>
      <main className={classes.main} data-loaded={loaded || undefined}>
        {children}
      </main>
      {foot && <footer className={classes.foot}>{foot}</footer>}
    </div>
  );
}

interface CardProps {
  id: string;
  title: ReactNode;
  children: ReactNode;
}

export function Card({ id, title, children }: CardProps) {
  return (
    <section className={classes.card} aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      {children}
    </section>
  );
}

/** What is said in place of an answer, with the way to ask again. */
export function Failed({ failure, again }: { failure: Failure; again: () => void }) {
  return (
    <p role="alert" data-failure={failure.kind} className={classes.failed}>
      <strong>{failure.title}</strong> {failure.advice}{" "}
      <button type="button" className={classes.button} onClick={again}>
        Ask again
      </button>
    </p>
  );
}
