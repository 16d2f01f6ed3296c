// Which events? Of one type, of one stream, from one position to another.
import { type FormEvent, useState } from "react";
import frame from "../frame/frame.module.css";
import { type EventsAddress, missingIn, TYPES } from "./events";

interface FilterFormProps {
  wanted: EventsAddress;
  choose: (wanted: EventsAddress) => void;
}

export function FilterForm({ wanted, choose }: FilterFormProps) {
  const [refusal, setRefusal] = useState<string | null>(null);
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const fields = new FormData(event.currentTarget);
    const said = (name: string) => String(fields.get(name) ?? "").trim() || null;
    const digits = (name: string) => said(name)?.replace(/\s/g, "") ?? null;
    const asked = {
      ...wanted,
      type: said("type"),
      stream: said("stream"),
      from: digits("from"),
      to: digits("to"),
      after: null,
    };
    const missing = missingIn(asked);
    setRefusal(missing);
    if (missing === null) choose(asked);
  };
  const field = (name: "type" | "stream" | "from" | "to", label: string, size: number) => (
    <label className={frame.field}>
      {label}
      <input
        name={name}
        size={size}
        defaultValue={wanted[name] ?? ""}
        placeholder={name === "type" || name === "stream" ? "all" : undefined}
        inputMode={name === "from" || name === "to" ? "numeric" : undefined}
        list={name === "type" ? "types" : undefined}
      />
    </label>
  );
  return (
    <form onSubmit={submit} noValidate aria-label="Which events">
      <datalist id="types">
        {TYPES.map((type) => (
          <option key={type} value={type} />
        ))}
      </datalist>
      <div className={frame.fields}>
        {field("type", "Type", 22)}
        {field("stream", "Stream", 24)}
        {field("from", "From position", 10)}
        {field("to", "To position", 10)}
        <button type="submit" className={frame.button}>
          Show
        </button>
      </div>
      <p role="alert" className={frame.refusal}>
        {refusal}
      </p>
    </form>
  );
}
