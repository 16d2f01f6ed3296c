"""What do answers look like? The schema's types; their values are the fields that the canonical forms give."""

from datetime import date, datetime
from decimal import Decimal
from enum import Enum

import strawberry

from graphql_api.scalars import Position


@strawberry.enum
class Direction(Enum):
    BUY = "BUY"
    SELL = "SELL"


@strawberry.enum
class Light(Enum):
    GREEN = "GREEN"
    RED = "RED"
    UNKNOWN = "UNKNOWN"


@strawberry.enum
class LightReason(Enum):
    NO_DEALS = "NO_DEALS"
    NO_REFERENCE_PRICE = "NO_REFERENCE_PRICE"


@strawberry.enum
class FeedState(Enum):
    CONNECTED = "CONNECTED"
    DISCONNECTED = "DISCONNECTED"
    NEVER_CONNECTED = "NEVER_CONNECTED"


@strawberry.enum
class Role(Enum):
    TRADER = "TRADER"
    ANALYST = "ANALYST"
    AUDITOR = "AUDITOR"


@strawberry.type(description="What an answer was computed from.")
class Knowledge:
    position: Position
    recorded_at: datetime | None
    complete_up_to: datetime | None = strawberry.field(
        description="The start of the oldest interval without any exchange line that no day file covers, "
        "else recordedAt; null before the first connection."
    )
    projection_version: str


@strawberry.type(description="Energy in MWh, money in EUR, prices in EUR/MWh.")
class Figures:
    deal_count: int
    bought_mwh: Decimal
    sold_mwh: Decimal
    position_mwh: Decimal = strawberry.field(description="Bought minus sold.")
    pnl_eur: Decimal = strawberry.field(description="Cash: what the sales brought minus what the purchases cost.")
    average_price: Decimal | None = strawberry.field(
        description="Average realised price over all deals, buys and sells together."
    )
    average_buy_price: Decimal | None
    average_sell_price: Decimal | None
    reference_price: Decimal | None = strawberry.field(
        description="Over several periods weighted with the own energy in the priced ones."
    )
    delta: Decimal | None = strawberry.field(description="Average realised price minus reference price.")
    light: Light = strawberry.field(
        description="Green when the average realised price is above the reference price, red otherwise."
    )
    light_reason: LightReason | None
    pnl_against_reference_eur: Decimal | None
    realised_pnl_eur: Decimal
    unrealised_pnl_eur: Decimal | None
    traded_mwh: Decimal
    priced_mwh: Decimal = strawberry.field(description="How much of the traded energy has a reference price.")


@strawberry.type
class Period:
    day: date
    label: str = strawberry.field(description='"08-09", "02-03B", "08:15-08:30"')
    start: datetime
    end: datetime


@strawberry.type
class PeriodFigures:
    period: Period
    figures: Figures
    reference_last_update: datetime | None


@strawberry.type
class Performance:
    trader_id: str | None
    delivery_day: date
    knowledge: Knowledge
    total: Figures
    periods: list[PeriodFigures] = strawberry.field(
        description="One entry for every delivery hour of the day (23 to 25), "
        "and for each quarter- or half-hour with deals."
    )
    open_rejections: int = strawberry.field(description="Unresolved rejections that may concern these figures.")


@strawberry.type
class Deal:
    deal_id: str
    trader_id: str
    direction: Direction
    quantity_mw: Decimal
    energy_mwh: Decimal
    price: Decimal
    period: Period
    execution_time: datetime
    recorded_at: datetime
    position: Position


@strawberry.type
class ReferencePrice:
    period: Period
    value: Decimal | None
    last_update: datetime | None
    recorded_at: datetime
    position: Position


@strawberry.type
class Event:
    position: Position
    recorded_at: datetime
    type: str
    stream: str
    version: int
    payload: str = strawberry.field(description="The stored payload, as JSON text.")
    hash: str = strawberry.field(description="Chain hash up to and including this event, hexadecimal.")


@strawberry.type
class Rejection:
    id: strawberry.ID
    position: Position
    recorded_at: datetime
    source: str
    reason: str = strawberry.field(
        description="`CONFLICT`, `UNREADABLE`, `INVALID: <field>`, `AMBIGUOUS_PERIOD` or `NO_SUCH_PERIOD`."
    )
    message: str = strawberry.field(description="Its first 64 KiB: as text, or in base64 after `base64:`.")
    trader_id: str | None = strawberry.field(description="Whom it concerns, where that can be read.")
    delivery_day: date | None
    stands: Position | None = strawberry.field(
        description="Of a conflict: where the content is recorded that stood when it came."
    )
    resolution: str | None = strawberry.field(
        description="`accepted`, `assigned to <label>` or `discarded`; null while it is open."
    )
    resolved_by: str | None
    resolution_reason: str | None
    resolved_at: datetime | None


@strawberry.type(description="One import of the exchange's file of a day. Every deal of the file is counted once.")
class DayFile:
    name: str
    day: date = strawberry.field(description="The local day on which its deals were executed.")
    sha256: str = strawberry.field(description="Of the file's bytes, hexadecimal.")
    position: Position
    recorded_at: datetime
    imported_by: str | None
    rows: int
    matched: int = strawberry.field(description="Deals that the log had as the file says.")
    recorded: int = strawberry.field(description="Deals that were missing and are recorded from the file.")
    rejected: int = strawberry.field(description="Deals that were missing and whose period a person must name.")
    extra: int = strawberry.field(description="Deals that stand in the log and are not in the file.")
    differing: int = strawberry.field(description="Deals of which another content stands.")
    told_from: datetime
    told_until: datetime = strawberry.field(
        description="From toldFrom to here no deal can be missing, whatever the lines did."
    )
    why_no_further: str | None = strawberry.field(
        description="Why it does not tell its whole day, and what to do, in words; null where it does."
    )


@strawberry.type(description="How a line to the exchange was lost.")
class LineLoss:
    line: str
    lost_at: datetime = strawberry.field(description="When the line was last known to work.")
    noticed_at: datetime
    detection_delay_seconds: Decimal
    reason: str


@strawberry.type
class Feed:
    name: str
    state: FeedState
    since: datetime | None
    last_message_at: datetime | None
    last_loss: LineLoss | None
    losses: int = strawberry.field(
        description="How often the line was lost; one that another connection held on was not."
    )
    delivered_alone: int = strawberry.field(description="Deals that this line brought and no other line has.")


@strawberry.type(description="From `start` to `end`, null while it lasts.")
class Stretch:
    start: datetime
    end: datetime | None


@strawberry.type(
    description="A stretch without any line to the exchange: deals may be missing, unless a file told them."
)
class Outage:
    start: datetime
    end: datetime | None = strawberry.field(description="Null while it lasts.")
    noticed_at: datetime | None = strawberry.field(description="When the last of the lines was known to be lost.")
    lines: list[LineLoss] = strawberry.field(description="The lines that were open before it, the last one lost first.")
    told_by: list[str] = strawberry.field(description="Day files that tell of it.")
    is_told: bool = strawberry.field(description="Whether day files told all of it, so that no deal is missing.")
    untold: list[Stretch] = strawberry.field(description="What of it no day file told.")


@strawberry.type(description="One line held open once.")
class FeedConnection:
    line: str
    connected_at: datetime
    last_heard_at: datetime | None = strawberry.field(
        description="When it was last known to work; null while it is open."
    )
    noticed_at: datetime | None
    reason: str | None


@strawberry.enum
class WarningLevel(Enum):
    WARNING = "WARNING"
    CRITICAL = "CRITICAL"


@strawberry.type(name="Warning", description="What a person must do something about, though Wattbook goes on.")
class HealthWarning:
    level: WarningLevel
    code: str = strawberry.field(description="For programs: it stays the same when the words change.")
    message: str = strawberry.field(description="What happened, to what, and what to do.")


@strawberry.type
class Health:
    server_time: datetime
    feeds: list[Feed]
    log_position: Position
    projection_position: Position
    reference_price_fetched_at: datetime | None
    open_rejections: int
    complete_up_to: datetime | None
    untold_outages: int = strawberry.field(description="Outages of which no day file has told all deals.")
    warnings: list[HealthWarning] = strawberry.field(description="Those that stand now, the critical ones first.")


@strawberry.type
class Viewer:
    name: str
    roles: list[Role]
    trader_id: str | None


@strawberry.type(description="The market whose local time names the periods.")
class Market:
    time_zone: str = strawberry.field(description="IANA name of the zone that days and labels are local to.")
    today: date
    exchange: str
