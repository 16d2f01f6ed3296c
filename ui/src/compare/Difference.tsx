// How do two moments differ: the figures of both, and every event in between?
import { writeAddress } from "../address/address";
import type { Failure } from "../api/failure";
import { useAnswer } from "../api/useAnswer";
import { countOf, whole } from "../format";
import { Card, Failed } from "../frame/Frame";
import frame from "../frame/frame.module.css";
import { localOf } from "../market/instant";
import { useMarket } from "../market/MarketContext";
import { type CompareAddress, CompareDocument, flipsIn } from "./compare";
import { Sides } from "./Sides";
import { Steps } from "./Steps";

/** A comparison that can be asked for. */
export type Asked = CompareAddress & { day: string; from: string };

export function Difference({ asked }: { asked: Asked }) {
  const { trader, day, from, to } = asked;
  const zone = useMarket().market.timeZone;
  const { data, failure, again } = useAnswer(CompareDocument, {
    traderId: trader,
    deliveryDay: day,
    from: { position: from },
    to: to === null ? null : { position: to },
  });
  const moment = ({ position, recordedAt }: { position: string; recordedAt?: string | null }) =>
    `position ${whole(position)}${recordedAt ? `, recorded ${localOf(zone, Date.parse(recordedAt))}` : ", before the first event"}`;
  if (failure) return <Failed failure={inOwnWords(failure)} again={again} />;
  if (!data) return <p className={frame.note}>Looking for what changed…</p>;
  const { before, after, steps } = data.explain;
  const [start, end] = [data.start.knowledge, data.end.knowledge];
  const flips = flipsIn(before, steps);
  const lastFlip = flips.at(-1);
  const dashboard = (at: string | null) => writeAddress({ trader, day, at, period: null });
  return (
    <>
      <Card id="difference" title="Before and after">
        <p>
          From {moment(start)}, to {moment(end)}.{" "}
          <a className={frame.link} href={dashboard(start.position)}>
            The dashboard before
          </a>
          {" · "}
          <a className={frame.link} href={dashboard(to)}>
            {to === null ? "The dashboard now" : "The dashboard after"}
          </a>
        </p>
        <Sides before={before} after={after} heads={["Before", to === null ? "Now" : "After"]} />
      </Card>
      <Card id="steps" title="What made the difference">
        <p data-field="steps">
          {steps.length === 0
            ? "No event between these moments concerns these figures: they are the same."
            : `${countOf(steps.length, "event")} in the order of the log, with the figures of the whole day after each.`}
          {lastFlip &&
            ` The light flipped ${countOf(flips.length, "time")}, last at position ${whole(lastFlip.event.position)}, ${localOf(zone, Date.parse(lastFlip.event.recordedAt))}.`}
          {steps.length > 0 && !lastFlip && " The light did not flip."}
        </p>
        {steps.length > 0 && <Steps steps={steps} flips={flips} />}
      </Card>
    </>
  );
}

/** What is too much here is no matter of waiting. */
function inOwnWords(failure: Failure): Failure {
  if (failure.kind !== "limit") return failure;
  return {
    kind: "limit",
    title: "More events than one page tells changed these figures.",
    advice:
      "Choose positions that are nearer to each other, or ask the command wattbook explain, which tells all.",
  };
}
