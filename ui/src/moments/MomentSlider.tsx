// How did the day come to be what it is? Slid through, moment by moment at which something was recorded about it.
import { ActionIcon } from "@mantine/core";
import { useEffect, useEffectEvent, useState } from "react";
import { countOf, whole } from "../format";
import { localOf } from "../market/instant";
import { useMarket } from "../market/MarketContext";
import { type Moments, placeOf } from "./moments";
import classes from "./moments.module.css";

/** Sliding over a hundred moments is no question to the server for each. */
const AT_REST_MS = 200;

interface MomentSliderProps {
  found: Moments;
  at: string | null;
  slide: (position: string) => void;
}

export function MomentSlider({ found, at, slide }: MomentSliderProps) {
  const zone = useMarket().market.timeZone;
  const [chosen, setChosen] = useState<number | null>(null);
  const { moments, count } = found;
  const rest = useEffectEvent(() => {
    const moment = chosen === null ? undefined : moments[chosen];
    if (moment) slide(moment.position);
    setChosen(null);
  });
  useEffect(() => {
    if (chosen === null) return;
    const timer = window.setTimeout(() => rest(), AT_REST_MS);
    return () => window.clearTimeout(timer);
  }, [chosen]);
  const last = moments.length - 1;
  if (last < 0) return <p className={classes.note}>Nothing was recorded yet that concerns these figures.</p>;

  const place = chosen ?? placeOf(found, at);
  const moment = moments[place];
  const words = moment
    ? `${localOf(zone, Date.parse(moment.recordedAt))}, position ${whole(moment.position)}`
    : "before the first moment";
  const step = (to: number) => setChosen(Math.min(last, Math.max(0, to)));
  return (
    <div>
      <p className={classes.title} id="slider">
        Slide through the day
      </p>
      <div className={classes.slide}>
        <ActionIcon
          variant="default"
          size={28}
          aria-label="Earlier moment"
          disabled={place <= 0}
          onClick={() => step(place - 1)}
        >
          ‹
        </ActionIcon>
        <input
          type="range"
          aria-labelledby="slider"
          aria-valuetext={words}
          min={0}
          max={last}
          value={Math.max(0, place)}
          onChange={(event) => step(Number(event.currentTarget.value))}
        />
        <ActionIcon
          variant="default"
          size={28}
          aria-label="Later moment"
          disabled={place >= last}
          onClick={() => step(place + 1)}
        >
          ›
        </ActionIcon>
      </div>
      <p className={classes.note} data-field="moment">
        {words}
      </p>
      <p className={classes.note}>
        {count === moments.length
          ? `${countOf(count, "moment")} at which a deal or a price of these figures was recorded`
          : `${whole(moments.length)} moments, spread evenly over the ${whole(count)} at which a deal or a price of these figures was recorded`}
      </p>
    </div>
  );
}
