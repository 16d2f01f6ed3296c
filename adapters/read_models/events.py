"""What does the event log itself say: its events page by page, and which position a time means?"""

from datetime import UTC, date, datetime
from typing import Final

from psycopg import AsyncConnection
from psycopg.rows import TupleRow
from psycopg.sql import SQL, Composed, Identifier, Literal

from adapters.event_log.stored_events import read_event
from adapters.read_models.keyset import bounded, page_of, page_query
from domain.events import EVENT_TYPES, Recorded
from projections.deals import deals
from projections.reading import EventFilter, LogEvent, Page, Scope, Slice
from projections.reference_prices import reference_prices
from projections.rejections import rejections

_SELECT: Final = SQL("""
    SELECT e.notification_id, e.recorded_at, e.topic, e.originator_id, e.originator_version, e.state, e.hash
    FROM wattbook.events AS e
""")
# Whose deal an event is about stands in the read models, so a trader sees the log as far as they have come.
_OWN: Final = SQL("""
    e.notification_id <= %(projected)s AND (
        e.topic LIKE 'reference-price.%%' OR e.topic LIKE 'feed.%%'
        OR e.topic LIKE 'deal.%%' AND (
            EXISTS (SELECT FROM {deals} AS d WHERE d.position = e.notification_id AND d.trader_id = %(scope)s)
            OR EXISTS (SELECT FROM {rejections} AS r WHERE r.position = e.notification_id AND r.trader_id = %(scope)s)
        )
    )
""").format(
    deals=Identifier("read_models", deals.table), rejections=Identifier("read_models", rejections.table)
)  # fmt: skip
_DEALS: Final = Identifier("read_models", deals.table)
_PRICES: Final = Identifier("read_models", reference_prices.table)
# A price says something of a book's figures only where the book has deals in the period.
_CONCERNING: Final = SQL("""
    SELECT position FROM (
        SELECT position FROM {deals} WHERE delivery_day = %(day)s AND position > %(after)s AND position <= %(until)s
        {whose}
        UNION SELECT position FROM {prices}
        WHERE delivery_day = %(day)s AND position > %(after)s AND position <= %(until)s
        AND (delivery_start, minutes) IN (
            SELECT delivery_start, minutes FROM {deals} WHERE delivery_day = %(day)s AND position <= %(until)s {whose}
        )
    ) AS found ORDER BY position LIMIT %(limit)s
""")
_TOPICS: Final = tuple(kind.TOPIC for kind in EVENT_TYPES)
_KEY: Final = (SQL("e.notification_id"),)
_ORDER: Final = (SQL("notification_id"), SQL("notification_id DESC"))


async def position_at(connection: AsyncConnection[TupleRow], moment: datetime) -> int:
    """Return the position of the last event recorded at or before *moment*, 0 before the first."""
    cursor = await connection.execute(
        "SELECT notification_id FROM wattbook.events WHERE recorded_at <= %s "
        "ORDER BY recorded_at DESC, notification_id DESC LIMIT 1",
        (moment,),
        prepare=True,
    )
    row = await cursor.fetchone()
    return int(row[0]) if row else 0


async def concerning(
    connection: AsyncConnection[TupleRow],
    trader_id: str | None,
    day: date,
    after: int,
    until: int,
    limit: int,
    room_bytes: int,
) -> list[tuple[LogEvent, Recorded]] | None:
    """Return the events after *after* up to *until* that change the figures of a book on *day*, upwards.

    ``None`` where they are more than *limit*, or their payloads larger than *room_bytes*.
    """
    whose = SQL("") if trader_id is None else SQL("AND trader_id = %(trader)s")
    found = _CONCERNING.format(deals=_DEALS, prices=_PRICES, whose=whose)
    query = SQL("{} WHERE e.notification_id IN ({}) ORDER BY e.notification_id").format(_SELECT, found)
    arguments = {"trader": trader_id, "day": day, "after": after, "until": until, "limit": limit + 1}
    sized = SQL("SELECT count(*), coalesce(sum(octet_length(state)), 0) FROM wattbook.events WHERE {} IN ({})").format(
        SQL("notification_id"), found
    )
    size = await (await connection.execute(sized, arguments)).fetchone()
    if size is None or size[0] > limit or size[1] > room_bytes:
        return None
    cursor = await connection.execute(query, arguments)
    rows = await cursor.fetchall()
    return [(_shown(row), Recorded(row[0], row[1].astimezone(UTC), read_event(row[2], bytes(row[5])))) for row in rows]


async def events(
    connection: AsyncConnection[TupleRow],
    scope: Scope,
    wanted: EventFilter,
    page: Page,
    projected: int,
    newest_first: bool,
) -> Slice[LogEvent]:
    """Return a page of the events that *scope* shows and *wanted* selects, upwards or the newest first."""
    query, arguments = events_query(scope, wanted, page, projected, newest_first)
    cursor = await connection.execute(query, arguments)
    rows = await cursor.fetchall()
    return page_of([_shown(row) for row in rows], page, found=rows[0][7] if rows else 0)


def events_query(
    scope: Scope, wanted: EventFilter, page: Page, projected: int, newest_first: bool
) -> tuple[Composed, dict[str, object]]:
    """Return the query for such a page, and its values."""
    arguments: dict[str, object] = {"scope": scope.trader_id, "projected": projected}
    conditions: list[SQL | Composed] = [SQL("true")]
    if scope.trader_id is not None:
        conditions.append(_OWN)
    for name, condition, value in (
        ("above", SQL("e.notification_id > %(above)s"), wanted.after),
        ("until", SQL("e.notification_id <= %(until)s"), wanted.until),
        ("stream", SQL("e.originator_id = %(stream)s"), wanted.stream),
    ):
        if value is not None:
            conditions.append(condition)
            arguments[name] = value
    select: SQL | Composed = _SELECT
    if wanted.types is not None:
        # A page of each type, by the index of the rare ones, is soon read; all events from the page on may be millions.
        chosen = [topic for topic in _TOPICS if topic in wanted.types]
        pages = [
            page_query(
                _SELECT, [*conditions, SQL("e.topic = {}").format(Literal(topic))], _KEY, newest_first, page, arguments
            )
            for topic in chosen
        ]
        none = SQL("{} WHERE false").format(_SELECT)
        both = SQL(" UNION ALL ").join(SQL("({})").format(each) for each in pages or [none])
        select, conditions = SQL("SELECT * FROM ({}) AS e").format(both), [SQL("true")]
    query = page_query(select, conditions, _KEY, newest_first, page, arguments)
    return bounded(query, _ORDER[newest_first], Identifier("state"), page, arguments), arguments


def _shown(row: TupleRow) -> LogEvent:
    position, at, topic, stream, version, state, chain_hash, *_ = row
    return LogEvent(position, at, topic, stream, version, bytes(state).decode(), bytes(chain_hash))
