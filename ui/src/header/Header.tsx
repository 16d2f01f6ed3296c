// Whose figures, of which day, known when, and how fresh? The one line on top of every screen.

import type { Address } from "../address/address";
import type { Selection } from "../dashboard/selection";
import { Ages } from "../health/Ages";
import { LivePill } from "../health/LivePill";
import { LightMark } from "../light/LightMark";
import { DayNavigation } from "./DayNavigation";
import classes from "./header.module.css";
import { Knowledge } from "./Knowledge";
import { MarketClock } from "./MarketClock";
import { TraderSelect } from "./TraderSelect";
import { UserMenu } from "./UserMenu";

interface HeaderProps {
  selection: Selection;
  go: (change: Partial<Address>) => void;
  showHelp: () => void;
}

export function Header({ selection, go, showHelp }: HeaderProps) {
  const { traderId, day, today, at } = selection;
  return (
    <header className={classes.header} data-as-of={at ?? undefined}>
      <h1 className={classes.name}>
        <LightMark shape="above" size={18} />
        Wattbook
      </h1>
      <TraderSelect traderId={traderId} at={at} choose={(trader) => go({ trader, period: null })} />
      <DayNavigation
        day={day}
        today={today}
        go={(next) => go({ day: next === today ? null : next, period: null })}
      />
      <Knowledge selection={selection} go={(position) => go({ at: position })} />
      <div className={classes.state}>
        <LivePill at={at} />
        {at === null && (
          <a href="/health" className={classes.health} title="Lines, outages and rejected messages">
            <Ages />
          </a>
        )}
        <MarketClock />
        <UserMenu showHelp={showHelp} />
      </div>
    </header>
  );
}
