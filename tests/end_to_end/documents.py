"""Which GraphQL documents do the tests send? Every field of the published core, by its published name."""

FIGURES = """
    dealCount boughtMwh soldMwh positionMwh pnlEur averagePrice averageBuyPrice averageSellPrice referencePrice delta
    light lightReason pnlAgainstReferenceEur realisedPnlEur unrealisedPnlEur tradedMwh pricedMwh
"""
PERIOD = "period { day label start end }"
PERFORMANCE_FIELDS = f"""
    traderId deliveryDay knowledge {{ position recordedAt completeUpTo projectionVersion }}
    total {{ {FIGURES} }}
    periods {{ {PERIOD} figures {{ {FIGURES} }} referenceLastUpdate }}
    openRejections
"""
DEAL_FIELDS = f"dealId traderId direction quantityMw energyMwh price {PERIOD} executionTime recordedAt position"
PAGE_INFO = "pageInfo { hasNextPage hasPreviousPage startCursor endCursor }"

PERFORMANCE = f"""
query($trader: String, $day: Date!, $asOf: AsOf) {{
  performance(traderId: $trader, deliveryDay: $day, asOf: $asOf) {{ {PERFORMANCE_FIELDS} }}
}}"""
DEALS = f"""
query($filter: DealFilter, $order: DealOrder, $first: Int, $after: String, $asOf: AsOf) {{
  deals(filter: $filter, order: $order, first: $first, after: $after, asOf: $asOf) {{
    edges {{ node {{ {DEAL_FIELDS} }} cursor }} {PAGE_INFO}
  }}
}}"""
EVENTS = f"""
query($filter: EventFilter, $first: Int, $after: String) {{
  events(filter: $filter, first: $first, after: $after) {{
    edges {{ node {{ position recordedAt type stream version payload hash }} cursor }} {PAGE_INFO}
  }}
}}"""
REJECTIONS = f"""
query($first: Int, $after: String) {{
  rejections(first: $first, after: $after) {{
    edges {{ node {{ id position recordedAt source reason message resolution }} cursor }} {PAGE_INFO}
  }}
}}"""
REFERENCE_PRICES = f"""
query($day: Date!, $asOf: AsOf) {{
  referencePrices(deliveryDay: $day, asOf: $asOf) {{ {PERIOD} value lastUpdate recordedAt position }}
}}"""
FEEDS = "{ feeds { name state since lastMessageAt } }"
PERFORMANCE_CHANGED = f"""
subscription($trader: String, $day: Date!) {{
  performanceChanged(traderId: $trader, deliveryDay: $day) {{ {PERFORMANCE_FIELDS} }}
}}"""
DEALS_RECORDED = f"""
subscription($trader: String, $after: Position) {{
  dealsRecorded(traderId: $trader, after: $after) {{ {DEAL_FIELDS} }}
}}"""
