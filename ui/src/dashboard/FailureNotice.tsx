// What stands in place of figures that could not be had?
import { Button } from "@mantine/core";
import type { Address } from "../address/address";
import type { Failure } from "../api/failure";
import { useMarket } from "../market/MarketContext";
import classes from "./dashboard.module.css";

interface FailureNoticeProps {
  failure: Failure;
  go: (change: Partial<Address>) => void;
}

export function FailureNotice({ failure, go }: FailureNoticeProps) {
  const own = useMarket().viewer.traderId;
  return (
    <section className={classes.failure} role="alert" data-failure={failure.kind}>
      <h2>{failure.title}</h2>
      <p>{failure.advice}</p>
      {failure.kind === "forbidden" && own && (
        <Button variant="default" size="xs" onClick={() => go({ trader: null, period: null })}>
          Show the figures of {own}
        </Button>
      )}
      {failure.kind === "bad request" && (
        <Button variant="default" size="xs" onClick={() => go({ at: null, day: null, period: null })}>
          Show today, live
        </Button>
      )}
    </section>
  );
}
