// What is to be done with this message, and why? Asked with the browser's own controls, so every key works.
import { type FormEvent, useId, useState } from "react";
import { useClient } from "urql";
import { graphql } from "../gql";
import classes from "./rejections.module.css";
import { Standing } from "./Standing";
import {
  LONGEST_REASON,
  missingIn,
  type Rejection,
  refusalOf,
  resolutionOf,
  type Way,
  waysOf,
} from "./settling";

const ResolveDocument = graphql(`
  mutation ResolveRejection($id: ID!, $resolution: Resolution!, $reason: String!) {
    resolveRejection(id: $id, resolution: $resolution, reason: $reason) { resolution }
  }
`);

interface SettleFormProps {
  rejection: Rejection;
  settled: (id: string, resolution: string) => void;
}

export function SettleForm({ rejection, settled }: SettleFormProps) {
  const client = useClient();
  const name = useId();
  const [way, setWay] = useState<Way | null>(null);
  const [label, setLabel] = useState("");
  const [reason, setReason] = useState("");
  const [refusal, setRefusal] = useState<string | null>(null);
  const [asking, setAsking] = useState(false);

  const settle = async (event: FormEvent) => {
    event.preventDefault();
    if (asking) return;
    const missing = missingIn(way, label, reason);
    setRefusal(missing);
    if (missing || !way) return;
    setAsking(true);
    const variables = { id: rejection.id, resolution: resolutionOf(way, label), reason };
    const { data, error } = await client.mutation(ResolveDocument, variables).toPromise();
    setAsking(false);
    if (data) settled(rejection.id, data.resolveRejection.resolution ?? "settled");
    else if (error) setRefusal(refusalOf(error));
  };

  return (
    <form
      className={classes.form}
      onSubmit={settle}
      noValidate
      aria-label={`Settle rejection ${rejection.id}`}
    >
      {rejection.stands && <Standing position={rejection.stands} />}
      <fieldset className={classes.ways}>
        <legend>Settle it, for good</legend>
        {waysOf(rejection).map((each) => (
          <div key={each.way}>
            <label>
              <input
                type="radio"
                name={name}
                value={each.way}
                checked={way === each.way}
                onChange={() => setWay(each.way)}
              />{" "}
              {each.text}
            </label>
            {each.way === "period" && (
              <input
                className={classes.label}
                aria-label="Period"
                placeholder="02-03A"
                value={label}
                maxLength={16}
                onChange={(event) => {
                  setLabel(event.target.value);
                  setWay("period");
                }}
              />
            )}
          </div>
        ))}
      </fieldset>
      <label className={classes.reason}>
        Reason
        <input
          required
          value={reason}
          maxLength={LONGEST_REASON}
          placeholder="Asked the exchange: …"
          onChange={(event) => setReason(event.target.value)}
        />
      </label>
      <button type="submit" className={classes.settle} aria-disabled={asking}>
        {asking ? "Settling…" : "Settle"}
      </button>
      <p role="alert" className={classes.refusal}>
        {refusal}
      </p>
    </form>
  );
}
