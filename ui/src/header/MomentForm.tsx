// Which moment of knowledge? A time on the market's clock, looked up to a position, or the position itself.
import { Button, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { useClient } from "urql";
import { failureOf } from "../api/failure";
import { graphql } from "../gql";
import { usePulse } from "../health/PulseContext";
import { instantOf, localOf } from "../market/instant";
import { useMarket } from "../market/MarketContext";
import classes from "./header.module.css";

const PositionAtDocument = graphql(`
  query PositionAt($traderId: String, $deliveryDay: Date!, $recordedAt: DateTime!) {
    performance(traderId: $traderId, deliveryDay: $deliveryDay, asOf: { recordedAt: $recordedAt }) {
      knowledge { position }
    }
  }
`);

interface MomentFormProps {
  traderId: string | null;
  deliveryDay: string;
  /** The position to start from. */
  position: string;
  choose: (position: string) => void;
}

export function MomentForm({ traderId, deliveryDay, position, choose }: MomentFormProps) {
  const client = useClient();
  const zone = useMarket().market.timeZone;
  const { serverNow } = usePulse();
  const [time, setTime] = useState(() => localOf(zone, serverNow()));
  const [timeError, setTimeError] = useState<string | null>(null);
  const [text, setText] = useState(position);
  const digits = text.replace(/\s/g, "");
  const valid = /^\d{1,19}$/.test(digits);

  const submitTime = async (event: FormEvent) => {
    event.preventDefault();
    const recordedAt = instantOf(zone, time);
    if (recordedAt === null) return setTimeError("The market's clock never shows this.");
    const result = await client.query(PositionAtDocument, { traderId, deliveryDay, recordedAt }).toPromise();
    if (result.data) choose(result.data.performance.knowledge.position);
    else if (result.error) setTimeError(failureOf(result.error).title);
  };
  const submitPosition = (event: FormEvent) => {
    event.preventDefault();
    if (valid) choose(digits);
  };
  return (
    <div className={classes.moments}>
      <form className={classes.moment} onSubmit={submitTime}>
        <TextInput
          data-autofocus
          type="datetime-local"
          step={1}
          size="xs"
          label={`As known at (${zone})`}
          value={time}
          onChange={(event) => {
            setTime(event.currentTarget.value);
            setTimeError(null);
          }}
          error={timeError}
        />
        <Button type="submit" size="xs" variant="default">
          Show
        </Button>
      </form>
      <form className={classes.moment} onSubmit={submitPosition}>
        <TextInput
          size="xs"
          label="As of log position"
          inputMode="numeric"
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
          error={text !== "" && !valid ? "A whole number, please." : undefined}
        />
        <Button type="submit" size="xs" variant="default" disabled={!valid}>
          Show
        </Button>
      </form>
    </div>
  );
}
