// What is to be frozen as a report: whose figures, of which day, as known when?
import { type FormEvent, useState } from "react";
import { useClient } from "urql";
import { failureOf, inOneLine, mayPass } from "../api/failure";
import { useAnswer } from "../api/useAnswer";
import frame from "../frame/frame.module.css";
import { useMarket } from "../market/MarketContext";
import { seesWholeDesk } from "../market/viewer";
import { missingInForm, PublishDocument, TradersToReportDocument } from "./reports";

interface PublishFormProps {
  trader: string | null;
  day: string;
  at: string | null;
  published: (id: string) => void;
}

export function PublishForm({ trader, day, at, published }: PublishFormProps) {
  const client = useClient();
  const { viewer } = useMarket();
  const wide = seesWholeDesk(viewer);
  const { data } = useAnswer(TradersToReportDocument, {}, !wide);
  const [whose, setWhose] = useState(trader ?? (wide ? "" : (viewer.traderId ?? "")));
  const [deliveryDay, setDay] = useState(day);
  const [position, setPosition] = useState(at ?? "");
  const [refusal, setRefusal] = useState<string | null>(null);
  const [asking, setAsking] = useState(false);
  const traders = data?.traders ?? [];
  const names = wide ? traders : [viewer.traderId ?? ""];

  const publish = async (event: FormEvent) => {
    event.preventDefault();
    if (asking) return;
    const digits = position.replace(/\s/g, "");
    const missing = missingInForm(deliveryDay, digits);
    setRefusal(missing);
    if (missing) return;
    setAsking(true);
    const variables = {
      traderId: whose === "" ? null : whose,
      deliveryDay,
      asOf: digits === "" ? null : { position: digits },
    };
    const { data: answer, error } = await client.mutation(PublishDocument, variables).toPromise();
    setAsking(false);
    if (answer) return published(answer.publishReport.id);
    const failure = error ? failureOf(error) : null;
    setRefusal(
      failure === null || mayPass(failure)
        ? "Nobody knows whether it was published. Publish it again: the same figures are the same report."
        : inOneLine(failure),
    );
  };

  return (
    <form onSubmit={publish} noValidate aria-label="Publish a report">
      <p className={frame.note}>
        A report freezes the figures as they are known at one position of the log. Whatever is recorded later,
        it stays as it is, and anybody can make it again from the raw events.
      </p>
      <div className={frame.fields}>
        <label className={frame.field}>
          Whose figures
          <select value={whose} onChange={(event) => setWhose(event.target.value)}>
            {wide && <option value="">Whole desk</option>}
            {[...new Set([...names, whose])].filter(Boolean).map((name) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
          </select>
        </label>
        <label className={frame.field}>
          Delivery day
          <input type="date" value={deliveryDay} onChange={(event) => setDay(event.target.value)} />
        </label>
        <label className={frame.field}>
          As of position
          <input
            inputMode="numeric"
            placeholder="empty: now"
            size={14}
            value={position}
            onChange={(event) => setPosition(event.target.value)}
          />
        </label>
        <button type="submit" className={frame.button} aria-disabled={asking}>
          {asking ? "Publishing…" : "Publish"}
        </button>
      </div>
      <p role="alert" className={frame.refusal}>
        {refusal}
      </p>
    </form>
  );
}
