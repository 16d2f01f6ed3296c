// Which figures were frozen for ever, and how are more of them?
import { useState } from "react";
import { useSearch } from "../address/useSearch";
import { Card, Frame } from "../frame/Frame";
import { useMarket } from "../market/MarketContext";
import { PublishForm } from "./PublishForm";
import { ReportCard } from "./ReportCard";
import { ReportList } from "./ReportList";
import { readReportsAddress, reportsAddress } from "./reports";

export default function ReportsPage() {
  const { market } = useMarket();
  const [search, go] = useSearch();
  const [fresh, setFresh] = useState<string | null>(null);
  const wanted = readReportsAddress(search);
  const { id, trader, day, at } = wanted;
  return (
    <Frame name="reports" loaded>
      {id && <ReportCard key={id} id={id} fresh={fresh === id} />}
      <Card id="publish" title="Publish a report">
        <PublishForm
          key={`${trader} ${day} ${at}`}
          trader={trader}
          day={day ?? market.today}
          at={at}
          published={(published) => {
            setFresh(published);
            go(reportsAddress({ ...wanted, id: published, after: null }));
          }}
        />
      </Card>
      <Card id="reports" title="Published reports">
        <ReportList key={`${fresh} ${search}`} wanted={wanted} />
      </Card>
    </Frame>
  );
}
