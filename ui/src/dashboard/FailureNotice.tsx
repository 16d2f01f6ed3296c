// What stands in place of figures that could not be had?
import { Button } from "@mantine/core";
import type { Address } from "../address/address";
import type { Failure, FailureKind } from "../api/failure";
import { useMarket } from "../market/MarketContext";
import classes from "./dashboard.module.css";

const OF_THE_ADDRESS: readonly FailureKind[] = ["bad request", "no such day", "no such position"];

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
      {OF_THE_ADDRESS.includes(failure.kind) && (
        <Button variant="default" size="xs" onClick={() => go({ at: null, day: null, period: null })}>
          Show today, live
        </Button>
      )}
    </section>
  );
}
