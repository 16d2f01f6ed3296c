// Whose figures? Any trader or the whole desk; a trader who may see only own figures has nothing to choose.
import { Select } from "@mantine/core";
import { useRef } from "react";
import { useQuery } from "urql";
import { graphql } from "../gql";
import { useCommands } from "../keyboard/useCommands";
import { useMarket } from "../market/MarketContext";
import { seesWholeDesk } from "../market/viewer";
import classes from "./header.module.css";

const TradersDocument = graphql(`
  query Traders($asOf: AsOf) {
    traders(asOf: $asOf)
  }
`);

const WHOLE_DESK = " desk";

interface TraderSelectProps {
  traderId: string | null;
  at: string | null;
  choose: (traderId: string | null) => void;
}

export function TraderSelect({ traderId, at, choose }: TraderSelectProps) {
  const { viewer } = useMarket();
  const field = useRef<HTMLInputElement>(null);
  const wide = seesWholeDesk(viewer);
  const [traders, refresh] = useQuery({
    query: TradersDocument,
    variables: { asOf: at === null ? null : { position: at } },
    pause: !wide,
  });
  useCommands({ trader: () => field.current?.focus() });
  if (!wide)
    return (
      <span data-field="trader" className={`${classes.trader} ${classes.fixed}`}>
        {traderId}
      </span>
    );

  const known = traders.data?.traders ?? [];
  const names = traderId !== null && !known.includes(traderId) ? [...known, traderId] : known;
  return (
    <Select
      ref={field}
      aria-label="Trader"
      className={classes.trader}
      size="xs"
      searchable
      allowDeselect={false}
      selectFirstOptionOnChange
      maxDropdownHeight={360}
      nothingFoundMessage="No such trader has deals"
      value={traderId ?? WHOLE_DESK}
      data={[
        { value: WHOLE_DESK, label: "Whole desk" },
        ...names.map((name) => ({ value: name, label: name })),
      ]}
      onFocus={(event) => event.currentTarget.select()}
      onDropdownOpen={() => refresh()}
      onChange={(value) => {
        choose(value === WHOLE_DESK || value === null ? null : value);
        field.current?.blur();
      }}
    />
  );
}
