// Which questions do analysts start from? One tab each; every figure in the answers carries its log position.

export interface Example {
  /** The operation's name, by which an address can ask for it. */
  name: string;
  query: string;
  variables?: string;
}

const variables = (values: Record<string, unknown>) => JSON.stringify(values, null, 2);

const FIGURES = `dealCount
      boughtMwh
      soldMwh
      pnlEur
      averagePrice
      referencePrice
      delta
      light
      lightReason
      pnlAgainstReferenceEur`;

/** What a viewer who sees own figures only is refused, or given an empty answer to. */
const NOT_FOR_OWN = ["DeskDay", "SettleRejection", "DayFiles"];

/** Filled with a day and a trader that have something to show. */
export function examplesFor(day: string, trader: string, ownOnly: boolean): Example[] {
  const examples = allExamples(day, trader);
  return ownOnly ? examples.filter(({ name }) => !NOT_FOR_OWN.includes(name)) : examples;
}

/** The example that an address like /graphiql#OpenRejections opens; null when it names none. */
export function exampleNamed(examples: readonly Example[], hash: string): Example | null {
  return examples.find(({ name }) => `#${name}` === hash) ?? null;
}

const allExamples = (day: string, trader: string): Example[] => [
  {
    name: "TraderDay",
    query: `# How did one trader do on a delivery day,
# and what was it computed from?
query TraderDay($trader: String!, $day: Date!) {
  performance(traderId: $trader, deliveryDay: $day) {
    knowledge {
      position
      recordedAt
      completeUpTo
    }
    total {
      ${FIGURES}
    }
    periods {
      period {
        label
        start
      }
      figures {
        dealCount
        averagePrice
        referencePrice
        delta
        light
        pnlEur
      }
    }
    openRejections
  }
}
`,
    variables: variables({ trader, day }),
  },
  {
    name: "DeskDay",
    query: `# How did the whole desk do?
# The desk is one book of all deals.
query DeskDay($day: Date!) {
  traders
  performance(deliveryDay: $day) {
    total {
      ${FIGURES}
      realisedPnlEur
      unrealisedPnlEur
      tradedMwh
      pricedMwh
    }
  }
}
`,
    variables: variables({ day }),
  },
  {
    name: "PeriodDeals",
    query: `# Which deals stand behind one period?
# For the next page, put endCursor into "after".
query PeriodDeals($filter: DealFilter!, $after: String) {
  deals(filter: $filter, first: 50, after: $after) {
    edges {
      node {
        dealId
        direction
        quantityMw
        energyMwh
        price
        executionTime
        position
      }
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
`,
    variables: variables({
      filter: {
        traderId: trader,
        deliveryDayFrom: day,
        deliveryDayTo: day,
        label: "08-09",
      },
      after: null,
    }),
  },
  {
    name: "PricesAsOf",
    query: `# Which reference prices were known at a position of
# the log? Without asOf: the newest.
query PricesAsOf($day: Date!, $asOf: AsOf) {
  referencePrices(deliveryDay: $day, asOf: $asOf) {
    period {
      label
    }
    value
    lastUpdate
    position
  }
}
`,
    variables: variables({ day, asOf: { position: "1" } }),
  },
  {
    name: "RawEvents",
    query: `# What exactly was recorded?
# The raw log, upwards, with its hash chain.
query RawEvents($after: String) {
  events(first: 20, after: $after) {
    edges {
      node {
        position
        recordedAt
        type
        stream
        payload
        hash
      }
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
`,
    variables: variables({ after: null }),
  },
  {
    name: "Outages",
    query: `# When was no line to the exchange open,
# why, and how long did it take to notice?
query Outages {
  outages(first: 20) {
    start
    end
    isTold
    toldBy
    lines {
      line
      lostAt
      reason
      detectionDelaySeconds
    }
  }
}`,
  },
  {
    name: "OpenRejections",
    query: `# What could not be read, or conflicts,
# and waits for a decision?
query OpenRejections {
  rejections(includeResolved: false) {
    edges {
      node {
        id
        recordedAt
        source
        reason
        traderId
        deliveryDay
        stands
        message
      }
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
`,
  },
  {
    name: "SettleRejection",
    query: `# Settles a rejection, for good. Exactly one of
# accept, period ("02-03A") and discard; say why.
mutation SettleRejection(
  $id: ID!
  $resolution: Resolution!
  $reason: String!
) {
  resolveRejection(id: $id, resolution: $resolution, reason: $reason) {
    resolution
    resolvedBy
    resolutionReason
    resolvedAt
  }
}
`,
    variables: variables({ id: "", resolution: { discard: true }, reason: "" }),
  },
  {
    name: "DayFiles",
    query: `# Which files of the exchange were imported, and
# what did they tell that the lines had not?
query DayFiles {
  dayFiles(first: 20) {
    name
    day
    recordedAt
    toldFrom
    toldUntil
    whyNoFurther
    rows
    matched
    recorded
    rejected
    extra
    differing
  }
}
`,
  },
  {
    name: "LiveDeals",
    query: `# Each deal as it is recorded. Give "after" a position
# to start from there, with none skipped.
subscription LiveDeals {
  dealsRecorded {
    traderId
    direction
    quantityMw
    price
    period {
      day
      label
    }
    position
  }
}
`,
  },
];
