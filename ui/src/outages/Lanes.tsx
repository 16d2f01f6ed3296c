// When was each line open, and when was none? A lane each; the table beside it says the same in words.
import type { ReactNode } from "react";
import frame from "../frame/frame.module.css";
import type { HealthPageQuery } from "../gql/graphql";
import { placed, type Span, type Stretch, WIDTH } from "./lanes";
import classes from "./outages.module.css";

interface LanesProps {
  data: HealthPageQuery;
  to: number;
  span: Span;
}

export function Lanes({ data, to, span }: LanesProps) {
  const told = data.outages.filter((outage) => outage.isTold);
  const untold = data.outages.flatMap((outage) => outage.untold);
  return (
    <div className={classes.lanes}>
      {data.feeds.map((feed) => (
        <div key={feed.name} className={classes.lane}>
          <span>{feed.name}</span>
          <Drawing label={`When ${feed.name} was open`}>
            <Bars
              of="open"
              to={to}
              span={span}
              stretches={data.feedConnections
                .filter((each) => each.line === feed.name)
                .map((each) => ({ start: each.connectedAt, end: each.lastHeardAt }))}
            />
          </Drawing>
        </div>
      ))}
      <div className={classes.lane}>
        <span>any line</span>
        <Drawing label="When no line was open">
          <defs>
            <pattern id="told" width="8" height="8" patternUnits="userSpaceOnUse">
              <path d="M0 8 8 0" className={classes.hatch} />
            </pattern>
          </defs>
          <Bars of="told" to={to} span={span} stretches={told} />
          <Bars of="untold" to={to} span={span} stretches={untold} />
        </Drawing>
      </div>
      <p className={frame.note}>
        Lines: a bar where the line was open. Any line: a high amber bar where none was and deals may be
        missing, hatched where a day file told them.
      </p>
    </div>
  );
}

function Drawing({ label, children }: { label: string; children: ReactNode }) {
  return (
    <svg viewBox={`0 0 ${WIDTH} 20`} preserveAspectRatio="none" role="img" aria-label={label}>
      {children}
    </svg>
  );
}

interface BarsProps {
  of: "open" | "told" | "untold";
  stretches: readonly Stretch[];
  to: number;
  span: Span;
}

function Bars({ of, stretches, to, span }: BarsProps) {
  return stretches.map((stretch) => {
    const place = placed(stretch, to, span);
    const [y, height] = of === "open" ? [7, 6] : [0, 20];
    return (
      place && (
        <rect key={stretch.start} data-bar={of} className={classes[of]} {...place} y={y} height={height} />
      )
    );
  });
}
