"""Does the ledger of deals hold the very rows that confirmed deals make, and what do its rows add up to?"""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final, NamedTuple

import psycopg
from psycopg.sql import SQL, Identifier

from adapters.event_log.confirmed_deal import UNUSUAL, ReadPeriod, period_of, read_confirmed
from adapters.event_log.raw_log import Raw
from adapters.event_log.stored_parts import PERIODS_KEPT
from domain.figures import ZERO
from projections.deals import deals
from projections.positions import PositionRow, positions

_TABLE: Final = Identifier("read_models", deals.table)

_ROWS: Final = SQL("""
    SELECT count(*),
        coalesce(bool_and(coalesce(
            num_nulls({columns}) = 1 AND replaces IS NULL AND sign = 1
            AND money_eur = energy_mwh * price_eur_mwh AND money_eur > '-Infinity' AND money_eur < 'Infinity'
            AND energy_mwh = quantity_mw * CASE minutes WHEN 60 THEN 1 WHEN 30 THEN 0.5 WHEN 15 THEN 0.25 END,
            false
        )), true),
        coalesce(array_agg(executed_at ORDER BY position, sign), '{{}}'),
        coalesce(string_agg(concat_ws(E'\\t',
            position, recorded_at, exchange, deal_id, trader_id, direction, quantity_mw, price_eur_mwh,
            delivery_day, label, delivery_start, minutes
        ) || E'\\n', '' ORDER BY position, sign), '')
    FROM {table} WHERE position > %(after)s AND position <= %(until)s AND position <> ALL (%(but)s)
""").format(table=_TABLE, columns=SQL(", ").join(map(Identifier, deals.columns)))
"""What is ``NULL`` is passed over in a row's text: so it must be what is replaced, and nothing else.

NaN, which PostgreSQL takes for a number equal to itself and above all others, is none here.
"""

_SUMS: Final = SQL("""
    SELECT delivery_day, trader_id, delivery_start, minutes, label, direction, sign,
        count(*), sum(energy_mwh), sum(money_eur)
    FROM {table} WHERE position > 0 AND position <= %(until)s GROUP BY 1, 2, 3, 4, 5, 6, 7
""").format(table=_TABLE)

_NONE: Final = (ZERO, ZERO)

_TABS: Final = 11
"""Between the columns of a row's text."""


class ToldRows(NamedTuple):
    """What the ledger is to say of confirmed deals, in order: the texts of its rows, and when they were executed."""

    text: str
    executed_at: Sequence[datetime]


def told_rows(page: Sequence[Raw]) -> ToldRows | None:
    """Return the rows of *page*, all confirmed deals; ``None`` where there is any doubt what they say.

    Numbers stay as they are written, and may be none: where the ledger holds the same, they are.
    """
    lines: list[str] = []
    executed: list[datetime] = []
    at = recorded_text = None
    try:
        for position, recorded_at, _, state in page:
            deal = read_confirmed(state).deal
            if recorded_at is not at and recorded_at != at:
                at, recorded_text = recorded_at, _instant(recorded_at)
            lines.append(
                f"{position}\t{recorded_text}\t{deal.exchange}\t{deal.deal_id}\t{deal.trader_id}\t{deal.direction}\t"
                f"{deal.quantity_mw}\t{deal.price_eur_mwh}\t{_period(deal.period)}\n"
            )
            executed.append(deal.executed_at)
    except UNUSUAL:
        return None
    text = "".join(lines)
    rows = len(lines)
    if (text.count("\t"), text.count("\n")) != (_TABS * rows, rows):
        return None
    return ToldRows(text, executed)


def holds_exactly(
    connection: psycopg.Connection[tuple[Any, ...]], told: ToldRows, after: int, until: int, but: Sequence[int]
) -> bool:
    """Tell whether the ledger's rows above *after* up to *until*, but those of the positions *but*, are as *told*.

    For a connection that writes instants in UTC and ISO 8601. Equal values may be written
    otherwise: then ``False`` is no finding yet.
    """
    parameters = {"after": after, "until": until, "but": list(but)}
    with connection.cursor(binary=True) as cursor:
        found = cursor.execute(_ROWS, parameters, prepare=True).fetchone()
    rows = len(told.executed_at)
    return found == (rows, True, told.executed_at, told.text)


def sums_of_ledger(connection: psycopg.Connection[tuple[Any, ...]], until: int) -> Sequence[PositionRow]:
    """Return the sums that the ledger's rows up to position *until* make, one row a key."""
    rows = []
    with connection.cursor(binary=True) as cursor:
        # So much for this transaction, or the server would sort all rows on disk to group them.
        cursor.execute("SELECT set_config('work_mem', '128MB', true)")
        cursor.execute(_SUMS, {"until": until})
        for day, trader_id, start, minutes, label, direction, sign, count, mwh, eur in cursor:
            worth = (mwh, eur) if sign == 1 else (mwh.copy_negate(), eur.copy_negate())
            (bought_mwh, bought_eur), (sold_mwh, sold_eur) = (worth, _NONE) if direction == "buy" else (_NONE, worth)
            key = (day, trader_id, start, minutes, label)
            rows.append(PositionRow(*key, sign * count, bought_mwh, sold_mwh, bought_eur, sold_eur))
    return positions.one_a_key(rows)


@lru_cache(maxsize=PERIODS_KEPT)
def _period(stored: ReadPeriod) -> str:
    period = period_of(stored)
    return f"{period.day}\t{period.label}\t{_instant(period.start)}\t{period.minutes}"


def _instant(at: datetime) -> str:
    """Return an instant as PostgreSQL writes it in UTC: without the zeros at the end of a second's fraction."""
    text = str(at.astimezone(UTC)).removesuffix("+00:00")
    return f"{text.rstrip('0') if at.microsecond else text}+00"
