// What does the log itself say? The raw events, each with the hash that vouches for it and all before it.
import { useSearch } from "../address/useSearch";
import { Card, Frame } from "../frame/Frame";
import frame from "../frame/frame.module.css";
import { useMarket } from "../market/MarketContext";
import { seesWholeDesk } from "../market/viewer";
import { EventList } from "./EventList";
import { eventsAddress, missingIn, readEventsAddress } from "./events";
import { FilterForm } from "./FilterForm";

export default function EventsPage() {
  const { viewer } = useMarket();
  const [search, go] = useSearch();
  const wanted = readEventsAddress(search);
  const impossible = missingIn(wanted);
  const oldest = wanted.order === "oldest";
  const turned = (order: string | null) => eventsAddress({ ...wanted, order, after: null });
  return (
    <Frame name="events" loaded>
      <Card id="log" title="The log">
        <p className={frame.note}>
          {seesWholeDesk(viewer)
            ? "Every event that was recorded, for good. Each hash is over the event and the hash before it."
            : "Your own deals, the reference prices and the lines. Each hash is over the whole log up to the event."}
        </p>
        <FilterForm key={String(search)} wanted={wanted} choose={(asked) => go(eventsAddress(asked))} />
        <nav aria-label="Order">
          <a className={frame.choice} href={turned(null)} aria-current={oldest ? undefined : "true"}>
            Newest first
          </a>
          <a className={frame.choice} href={turned("oldest")} aria-current={oldest ? "true" : undefined}>
            Oldest first
          </a>
        </nav>
        {impossible ? (
          <p role="alert" className={frame.refusal}>
            {impossible}
          </p>
        ) : (
          <EventList key={String(search)} wanted={wanted} />
        )}
      </Card>
    </Frame>
  );
}
