// What changed between then and now? Every event that concerns the figures, and the figures before and after.
import { type FormEvent, useState } from "react";
import { useSearch } from "../address/useSearch";
import { missingIn } from "../events/events";
import { Card, Frame } from "../frame/Frame";
import frame from "../frame/frame.module.css";
import { useMarket } from "../market/MarketContext";
import { dayName, isDay } from "../market/time";
import { seesWholeDesk } from "../market/viewer";
import { type CompareAddress, compareAddress, readCompareAddress } from "./compare";
import { type Asked, Difference } from "./Difference";

export default function ComparePage() {
  const { market, viewer } = useMarket();
  const [search, go] = useSearch();
  const address = readCompareAddress(search);
  const asked: Asked = {
    ...address,
    trader: address.trader ?? (seesWholeDesk(viewer) ? null : (viewer.traderId ?? null)),
    day: address.day ?? market.today,
    from: address.from ?? "0",
  };
  const impossible = isDay(asked.day) ? missingIn(asked) : `There is no day ${asked.day}.`;
  return (
    <Frame name="comparison" loaded>
      <Card
        id="compare"
        title={`${asked.trader ?? "Whole desk"}, ${isDay(asked.day) ? dayName(asked.day) : asked.day}`}
      >
        <MomentsForm
          key={String(search)}
          asked={asked}
          choose={(moments) => go(compareAddress({ ...asked, ...moments }))}
        />
        {impossible && (
          <p role="alert" className={frame.refusal}>
            {impossible}
          </p>
        )}
      </Card>
      {!impossible && <Difference key={String(search)} asked={asked} />}
    </Frame>
  );
}

interface MomentsFormProps {
  asked: Asked;
  choose: (moments: Pick<CompareAddress, "from" | "to">) => void;
}

function MomentsForm({ asked, choose }: MomentsFormProps) {
  const [refusal, setRefusal] = useState<string | null>(null);
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const fields = new FormData(event.currentTarget);
    const digits = (name: string) => String(fields.get(name) ?? "").replace(/\s/g, "") || null;
    const moments = { from: digits("from") ?? "0", to: digits("to") };
    const missing = missingIn(moments);
    setRefusal(missing);
    if (missing === null) choose(moments);
  };
  return (
    <form onSubmit={submit} noValidate aria-label="Which two moments">
      <div className={frame.fields}>
        <label className={frame.field}>
          From position
          <input name="from" inputMode="numeric" size={12} defaultValue={asked.from} />
        </label>
        <label className={frame.field}>
          To position
          <input
            name="to"
            inputMode="numeric"
            size={12}
            placeholder="empty: now"
            defaultValue={asked.to ?? ""}
          />
        </label>
        <button type="submit" className={frame.button}>
          Compare
        </button>
      </div>
      <p role="alert" className={frame.refusal}>
        {refusal}
      </p>
    </form>
  );
}
