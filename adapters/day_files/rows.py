"""Which deal does one row of a day file say? Pure, and as strict as for a message."""

import csv
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from adapters.exchange.messages import (
    AMBIGUOUS_PERIOD,
    FIELDS,
    NO_SUCH_PERIOD,
    UNREADABLE,
    Unreadable,
    read_deal,
)
from domain.events import Deal, Direction
from domain.periods import DeliveryPeriod

HEADER: Final = ",".join(FIELDS).encode()

PERIOD_UNKNOWN: Final = (AMBIGUOUS_PERIOD, NO_SUCH_PERIOD)
"""A row with one of these reasons is whole, but a person must say which period it means."""

_ANY_PERIOD: Final = "12-13"


@dataclass(frozen=True)
class FileRow:
    """What a row says. Where its period cannot be known alone, ``reason`` says why and ``period`` is ``None``."""

    deal_id: str
    trader_id: str
    direction: Direction
    quantity_mw: Decimal
    price_eur_mwh: Decimal
    delivery_day: date
    executed_at: datetime
    period: DeliveryPeriod | None
    reason: str | None


def read_row(raw: bytes, *, exchange: str, zone: ZoneInfo) -> Deal | Unreadable:
    """Return the deal that the row *raw*, without its line end, says, or why it says none."""
    fields = _fields(raw)
    return Unreadable(UNREADABLE, None, None) if fields is None else read_deal(fields, exchange=exchange, zone=zone)


def read_row_for_period(raw: bytes, label: str, *, exchange: str, zone: ZoneInfo) -> Deal | Unreadable:
    """Return the deal that the row says where its period is *label*, whatever it says itself, or why it says none."""
    fields = _fields(raw)
    if fields is None:
        return Unreadable(UNREADABLE, None, None)
    return read_deal({**fields, "delivery_hour": label}, exchange=exchange, zone=zone)


def read_file_row(raw: bytes, *, exchange: str, zone: ZoneInfo) -> FileRow | Unreadable:
    """Return what the row says, also where only its period is in doubt, or why it has no place in a day file."""
    read = read_row(raw, exchange=exchange, zone=zone)
    if isinstance(read, Deal):
        return _row(read, read.period, None)
    fields = _fields(raw)
    if read.reason not in PERIOD_UNKNOWN or fields is None:
        return read
    # All else that the row says is known once it is read with a period that exists.
    for label in (fields["delivery_hour"] + "A", _ANY_PERIOD):
        other = read_deal({**fields, "delivery_hour": label}, exchange=exchange, zone=zone)
        if isinstance(other, Deal):
            return _row(other, None, read.reason)
    return Unreadable("INVALID: delivery_day", read.trader_id, read.delivery_day)


def _fields(raw: bytes) -> dict[str, str] | None:
    """Return the row's eight values, ``None`` where it has not eight, or they are no text."""
    try:
        (values,) = csv.reader([raw.decode("utf-8")], strict=True)
    except (UnicodeDecodeError, ValueError, csv.Error):
        return None
    return dict(zip(FIELDS, values, strict=True)) if len(values) == len(FIELDS) else None


def _row(deal: Deal, period: DeliveryPeriod | None, reason: str | None) -> FileRow:
    return FileRow(
        deal_id=deal.deal_id,
        trader_id=deal.trader_id,
        direction=deal.direction,
        quantity_mw=deal.quantity_mw,
        price_eur_mwh=deal.price_eur_mwh,
        delivery_day=deal.period.day,
        executed_at=deal.executed_at,
        period=period,
        reason=reason,
    )
