// Which moment of knowledge? A time on the market's clock, looked up to a position, or the position itself.
import { Button, TextInput } from "@mantine/core";
import { type FormEvent, useEffect, useRef, useState } from "react";
import { useClient, useQuery } from "urql";
import { failureOf } from "../api/failure";
import { graphql } from "../gql";
import { usePulse } from "../health/PulseContext";
import { instantOf, knownFrom, localOf } from "../market/instant";
import { useMarket } from "../market/MarketContext";
import classes from "./moments.module.css";

const PositionAtDocument = graphql(`
  query PositionAt($traderId: String, $deliveryDay: Date!, $recordedAt: DateTime!) {
    performance(traderId: $traderId, deliveryDay: $deliveryDay, asOf: { recordedAt: $recordedAt }) {
      knowledge { position }
    }
  }
`);

const RecordedAtDocument = graphql(`
  query RecordedAt($traderId: String, $deliveryDay: Date!, $asOf: AsOf!) {
    performance(traderId: $traderId, deliveryDay: $deliveryDay, asOf: $asOf) {
      knowledge { recordedAt }
    }
  }
`);

interface MomentFormProps {
  traderId: string | null;
  deliveryDay: string;
  /** The position that is shown; null is live. */
  at: string | null;
  /** The newest position. */
  head: string;
  choose: (position: string) => void;
}

export function MomentForm({ traderId, deliveryDay, at, head, choose }: MomentFormProps) {
  const client = useClient();
  const zone = useMarket().market.timeZone;
  const { serverNow } = usePulse();
  const [now] = useState(() => localOf(zone, serverNow()));
  const [typed, setTyped] = useState<string | null>(null);
  const [shown] = useQuery({
    query: RecordedAtDocument,
    variables: { traderId, deliveryDay, asOf: { position: at ?? "0" } },
    pause: at === null,
  });
  const recorded = shown.data?.performance.knowledge.recordedAt;
  const time = typed ?? (at === null ? now : recorded ? knownFrom(zone, recorded) : "");
  const [timeError, setTimeError] = useState<string | null>(null);
  const [typedPosition, setTypedPosition] = useState<string | null>(null);
  const text = typedPosition ?? at ?? head;
  const digits = text.replace(/\s/g, "");
  const valid = /^\d{1,19}$/.test(digits);

  // The menu is fetched after it is opened: who opened it by keyboard goes on in it.
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), []);

  const submitTime = async (event: FormEvent) => {
    event.preventDefault();
    const recordedAt = instantOf(zone, time);
    if (recordedAt === null)
      return setTimeError("Not a time of the market's clock. Write it like 2026-10-24 17:00.");
    if (Date.parse(recordedAt) > serverNow())
      return setTimeError("That time has not come yet: what is known now is shown live.");
    const result = await client.query(PositionAtDocument, { traderId, deliveryDay, recordedAt }).toPromise();
    if (result.data) choose(result.data.performance.knowledge.position);
    else if (result.error) {
      const { kind, title, advice } = failureOf(result.error);
      setTimeError(kind === "bad request" ? advice : title);
    }
  };
  const submitPosition = (event: FormEvent) => {
    event.preventDefault();
    if (valid) choose(digits);
  };
  return (
    <>
      <form className={classes.moment} onSubmit={submitTime}>
        <TextInput
          ref={field}
          placeholder="2026-10-24 17:00"
          size="xs"
          label={`As known at (${zone})`}
          value={time}
          onChange={(event) => {
            setTyped(event.currentTarget.value);
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
          onChange={(event) => setTypedPosition(event.currentTarget.value)}
          error={text !== "" && !valid ? "A whole number, please." : undefined}
        />
        <Button type="submit" size="xs" variant="default" disabled={!valid}>
          Show
        </Button>
      </form>
    </>
  );
}
