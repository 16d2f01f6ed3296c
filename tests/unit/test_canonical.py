"""Is a performance written in exactly one way?"""

import json
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.canonical import Fields, decimal_text, performance_fields, time_text
from domain.figures import Totals, totals_of
from domain.performance import Knowledge, Performance, ReferencePrice, performance_of
from domain.periods import DeliveryPeriod
from tests.notation import AUTUMN, BERLIN, DAY, agreed, instant, period


def performance(*deals: str, prices: dict[str, Decimal | None] | None = None) -> Performance:
    """Return how the desk did with these deals and prices."""
    totals: dict[DeliveryPeriod, Totals] = {}
    for words in deals:
        made = agreed(words)
        totals[made.period] = totals.get(made.period, Totals()) + totals_of(made)
    return performance_of(
        trader_id="anna",
        delivery_day=DAY,
        zone=BERLIN,
        totals=totals,
        reference_prices=[
            ReferencePrice(period(label), value, instant("09:15:45"), instant("09:15:50"), 4)
            for label, value in (prices or {}).items()
        ],
        knowledge=Knowledge(4, instant("09:15:50"), instant("09:00:00"), "1"),
        open_rejections=2,
    )  # fmt: skip


def of(fields: Fields, *path: str) -> Any:
    """Return the field at the end of *path*."""
    found: Any = fields
    for name in path:
        found = found[name]
    return found


def test_the_worked_day_is_written_as_the_desk_reads_it() -> None:
    fields = performance_fields(
        performance(
            "anna buys 10 MW 08-09 at 20",
            "anna sells 4 MW 08-09 at 25",
            "anna buys 10 MW 08-09 at 30",
            prices={"08-09": Decimal(28)},
        )
    )
    assert fields["total"] == {
        "dealCount": 3,
        "boughtMwh": "20",
        "soldMwh": "4",
        "positionMwh": "16",
        "pnlEur": "-400",
        "averagePrice": "25",
        "averageBuyPrice": "25",
        "averageSellPrice": "25",
        "referencePrice": "28",
        "delta": "-3",
        "light": "RED",
        "lightReason": None,
        "pnlAgainstReferenceEur": "48",
        "realisedPnlEur": "0",
        "unrealisedPnlEur": "48",
        "tradedMwh": "24",
        "pricedMwh": "24",
    }
    assert fields["knowledge"] == {
        "position": "4",
        "recordedAt": "2023-02-06T09:15:50Z",
        "completeUpTo": "2023-02-06T09:00:00Z",
        "projectionVersion": "1",
    }
    assert fields["openRejections"] == 2
    assert fields["traderId"] == "anna"
    assert fields["deliveryDay"] == "2023-02-06"


def test_every_hour_of_the_day_has_an_entry_with_its_own_figures() -> None:
    periods = cast("list[Fields]", performance_fields(performance("anna sells 1.5 MW 08:15-08:30 at -3"))["periods"])
    assert len(periods) == 25
    quarter = next(row for row in periods if of(row, "period", "label") == "08:15-08:30")
    assert quarter["period"] == {
        "day": "2023-02-06",
        "label": "08:15-08:30",
        "start": "2023-02-06T07:15:00Z",
        "end": "2023-02-06T07:30:00Z",
    }
    assert of(quarter, "figures", "soldMwh") == "0.375"
    assert of(quarter, "figures", "pnlEur") == "-1.125"
    assert of(quarter, "figures", "lightReason") == "NO_REFERENCE_PRICE"
    assert quarter["referenceLastUpdate"] is None


def test_an_undefined_price_still_says_when_it_was_last_updated() -> None:
    periods = cast("list[Fields]", performance_fields(performance(prices={"08-09": None}))["periods"])
    row = next(row for row in periods if of(row, "period", "label") == "08-09")
    assert of(row, "figures", "referencePrice") is None
    assert row["referenceLastUpdate"] == "2023-02-06T09:15:45Z"


def test_the_autumn_day_has_its_doubled_hour_twice() -> None:
    written = performance_fields(
        performance_of(
            trader_id=None,
            delivery_day=AUTUMN,
            zone=BERLIN,
            totals={},
            reference_prices=[],
            knowledge=Knowledge(0, None, None, "1"),
            open_rejections=0,
        )
    )
    labels = [of(row, "period", "label") for row in cast("list[Fields]", written["periods"])]
    assert labels[2:4] == ["02-03A", "02-03B"]
    assert len(labels) == 25
    assert written["knowledge"] == {
        "position": "0", "recordedAt": None, "completeUpTo": None, "projectionVersion": "1"
    }  # fmt: skip


def test_a_performance_is_plain_json() -> None:
    fields = performance_fields(performance("anna buys 1 MW 08-09 at 10"))
    assert json.loads(json.dumps(fields)) == fields


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Fraction(1, 3), "0.333333"),
        (Fraction(-2, 3), "-0.666667"),
        (Fraction(5, 10**7), "0"),
        (Fraction(15, 10**7), "0.000002"),
        (Fraction(-1, 10**9), "0"),
        (Decimal("1E+3"), "1000"),
        (Decimal("-0.00"), "0"),
        (Decimal("12.300"), "12.3"),
    ],
)
def test_numbers_are_rounded_once_half_to_even_and_have_no_trailing_zeros(value: Decimal | Fraction, text: str) -> None:
    assert decimal_text(value) == text


@given(st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1)), st.integers(-14 * 60, 14 * 60))  # noqa: DTZ001
def test_a_time_is_the_same_text_in_whatever_zone_it_came(at: datetime, minutes: int) -> None:
    utc = at.replace(tzinfo=UTC)
    text = time_text(utc.astimezone(timezone(timedelta(minutes=minutes))))
    assert text == time_text(utc)
    assert datetime.fromisoformat(text) == utc
    assert text.endswith("Z")
    assert not text.endswith((".Z", "0Z")) or "." not in text
