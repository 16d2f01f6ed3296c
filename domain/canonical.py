"""How is a performance written, so that every reader gets the same bytes?

Names and forms are those of the published schema: decimals, times and positions are
strings. The API and the reports are both made from these functions and cannot differ.
"""

from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction

from domain.decimals import plain, rounded
from domain.figures import Figures
from domain.performance import Knowledge, Performance, PeriodFigures
from domain.periods import DeliveryPeriod

Json = None | bool | int | str | list["Json"] | dict[str, "Json"]
Fields = dict[str, Json]


def decimal_text(value: Decimal | Fraction) -> str:
    """Return *value* in plain notation; a fraction is rounded here, once, to 6 decimals half to even.

    >>> decimal_text(Decimal("25.00")), decimal_text(Fraction(-1, 3))
    ('25', '-0.333333')
    """
    return plain(rounded(value) if isinstance(value, Fraction) else value)


def time_text(value: datetime) -> str:
    """Return an aware *value* as RFC 3339 in UTC, with as many of 6 fractional digits as it needs.

    >>> time_text(datetime(2023, 2, 6, 6, 13, 45, tzinfo=UTC)), time_text(datetime(2023, 2, 6, 6, 13, 45, 120, UTC))
    ('2023-02-06T06:13:45Z', '2023-02-06T06:13:45.00012Z')
    """
    text = value.astimezone(UTC).replace(tzinfo=None).isoformat()
    return (text.rstrip("0") if "." in text else text) + "Z"


def day_text(value: date) -> str:
    """Return a day as ``YYYY-MM-DD``."""
    return value.isoformat()


def position_text(position: int) -> str:
    """Return a place in the log as digits: it may not fit the integers of every reader."""
    return str(position)


def performance_fields(performance: Performance) -> Fields:
    """Return the fields of the schema's ``Performance``, ready to be written as JSON."""
    return {
        "traderId": performance.trader_id,
        "deliveryDay": day_text(performance.delivery_day),
        "knowledge": knowledge_fields(performance.knowledge),
        "total": figures_fields(performance.total),
        "periods": [_period_figures_fields(row) for row in performance.periods],
        "openRejections": performance.open_rejections,
    }


def knowledge_fields(knowledge: Knowledge) -> Fields:
    """Return the fields of the schema's ``Knowledge``."""
    return {
        "position": position_text(knowledge.position),
        "recordedAt": optional_time_text(knowledge.recorded_at),
        "completeUpTo": optional_time_text(knowledge.complete_up_to),
        "projectionVersion": knowledge.projection_version,
    }


def figures_fields(figures: Figures) -> Fields:
    """Return the fields of the schema's ``Figures``."""
    totals = figures.totals
    return {
        "dealCount": totals.deals,
        "boughtMwh": decimal_text(totals.bought_mwh),
        "soldMwh": decimal_text(totals.sold_mwh),
        "positionMwh": decimal_text(figures.position_mwh),
        "pnlEur": decimal_text(figures.pnl_eur),
        "averagePrice": optional_decimal_text(figures.average_price),
        "averageBuyPrice": optional_decimal_text(figures.average_buy_price),
        "averageSellPrice": optional_decimal_text(figures.average_sell_price),
        "referencePrice": optional_decimal_text(figures.reference_price),
        "delta": optional_decimal_text(figures.delta),
        "light": figures.light,
        "lightReason": figures.light_reason,
        "pnlAgainstReferenceEur": optional_decimal_text(figures.pnl_against_reference_eur),
        "realisedPnlEur": decimal_text(figures.realised_pnl_eur),
        "unrealisedPnlEur": optional_decimal_text(figures.unrealised_pnl_eur),
        "tradedMwh": decimal_text(totals.traded_mwh),
        "pricedMwh": decimal_text(figures.priced_mwh),
    }


def period_fields(period: DeliveryPeriod) -> Fields:
    """Return the fields of the schema's ``Period``."""
    return {
        "day": day_text(period.day),
        "label": period.label,
        "start": time_text(period.start),
        "end": time_text(period.end),
    }


def optional_decimal_text(value: Decimal | Fraction | None) -> str | None:
    """Return *value* in plain notation, ``None`` where it is unknown."""
    return None if value is None else decimal_text(value)


def optional_time_text(value: datetime | None) -> str | None:
    """Return *value* as RFC 3339, ``None`` where it is unknown."""
    return None if value is None else time_text(value)


def _period_figures_fields(row: PeriodFigures) -> Fields:
    return {
        "period": period_fields(row.period),
        "figures": figures_fields(row.figures),
        "referenceLastUpdate": optional_time_text(row.reference_last_update),
    }
