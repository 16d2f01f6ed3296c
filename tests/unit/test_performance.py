"""How did one book do on one delivery day?"""

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.exchange.messages import Unreadable, read_message
from domain.canonical import performance_fields
from domain.events import DealConfirmed, Event, MessageRejected, Recorded, ReferencePriceUpdated
from domain.figures import Totals, totals_of
from domain.performance import Knowledge, Performance, ReferencePrice, performance_of
from domain.periods import DeliveryPeriod, Minutes, parse_period
from projections.positions import positions
from projections.reference_prices import reference_prices
from projections.rejections import rejections
from tests import oracle, oracle_reading
from tests.days import DAYS, TRADERS, answers_of_the_provider, sent_by_the_exchange
from tests.notation import AUTUMN, BERLIN, DAY, SPRING, agreed, instant, receipt
from tests.spec import MemoryLog

KNOWLEDGE = Knowledge(position=7, recorded_at=None, complete_up_to=None, projection_version="1")


def performance(
    *words: str, day: date = DAY, prices: Mapping[str, tuple[str | None, str]] | None = None
) -> Performance:
    totals: dict[DeliveryPeriod, Totals] = {}
    for deal in (agreed(each, day=day) for each in words):
        totals[deal.period] = totals.get(deal.period, Totals()) + totals_of(deal)
    standing = [
        ReferencePrice(
            parse_period(day, label, BERLIN), None if value is None else Decimal(value), instant(at), instant(at), 1
        )
        for label, (value, at) in (prices or {}).items()
    ]
    return performance_of(
        trader_id="anna", delivery_day=day, zone=BERLIN, totals=totals, reference_prices=standing,
        knowledge=KNOWLEDGE, open_rejections=0,
    )  # fmt: skip


@pytest.mark.parametrize(("day", "hours"), [(DAY, 24), (SPRING, 23), (AUTUMN, 25)])
def test_every_delivery_hour_has_an_entry(day: date, hours: int) -> None:
    rows = performance(day=day).periods
    assert len(rows) == hours
    assert all(row.figures.light_reason == "NO_DEALS" for row in rows)


def test_shorter_periods_have_an_entry_only_with_deals_after_the_hour_that_they_start_with() -> None:
    rows = performance(
        "anna buys 1 MW 08:00-08:15 at 1",
        "anna buys 1 MW 08:00-08:30 at 1",
        "anna buys 1 MW 08:30-09:00 at 1",
        prices={"10:00-10:15": ("5", "09:00:00")},
    ).periods
    labels = [row.period.label for row in rows]
    assert labels[8:13] == ["08-09", "08:00-08:30", "08:00-08:15", "08:30-09:00", "09-10"]
    assert len(labels) == 27


def test_a_price_stands_beside_its_own_period_with_its_age() -> None:
    rows = performance(
        "anna buys 1 MW 08-09 at 1", prices={"08-09": ("28", "09:00:00"), "09-10": (None, "09:10:00")}
    ).periods
    assert (rows[8].figures.reference_price, rows[8].reference_last_update) == (Decimal(28), instant("09:00:00"))
    assert (rows[9].figures.reference_price, rows[9].reference_last_update) == (None, instant("09:10:00"))
    assert rows[10].reference_last_update is None


def test_an_hour_and_its_quarters_are_not_netted() -> None:
    day = performance("anna buys 1 MW 08-09 at 10", "anna sells 4 MW 08:00-08:15 at 20")
    assert day.total.realised_pnl_eur == 0
    assert (day.total.totals.deals, day.total.pnl_eur) == (2, Decimal(10))


def recorded_from(messages: Sequence[bytes], answers: Sequence[Mapping[str, object]]) -> list[Recorded]:
    """Record the messages and the answers by the rules of the log."""
    log = MemoryLog()
    log.append([*map(_event_of, messages), *map(_price_of, answers)])
    return log.events


def _event_of(raw: bytes) -> Event:
    found = read_message(raw, exchange="exchange", zone=BERLIN)
    if isinstance(found, Unreadable):
        return MessageRejected(
            reason=found.reason, trader_id=found.trader_id, delivery_day=found.delivery_day, receipt=receipt(raw)
        )
    return DealConfirmed(deal=found, receipt=receipt(raw))


def _price_of(answer: Mapping[str, object]) -> Event:
    value = answer["value"]
    return ReferencePriceUpdated(
        period=parse_period(date.fromisoformat(str(answer["delivery_day"])), str(answer["delivery_hour"]), BERLIN),
        value=None if value is None else Decimal(str(value)),
        last_update=datetime.fromisoformat(str(answer["last_update"])),
        fetched_at=instant("09:30:00"),
        original=b"",
    )


def performance_from(log: Sequence[Recorded], trader: str | None, day: date) -> Performance:
    """Answer from the read models, folded in memory."""
    totals: dict[DeliveryPeriod, Totals] = {}
    minutes: dict[int, Minutes] = {60: 60, 30: 30, 15: 15}
    for row in positions.fold(log):
        if row.delivery_day == day and trader in (None, row.trader_id):
            period = DeliveryPeriod(day, row.label, row.delivery_start, minutes[row.minutes])
            own = Totals(row.deals, row.bought_mwh, row.sold_mwh, row.bought_eur, row.sold_eur)
            totals[period] = totals.get(period, Totals()) + own
    observed = sorted(reference_prices.fold(log), key=lambda row: (row.last_update, row.position))
    standing = {
        DeliveryPeriod(day, row.label, row.delivery_start, minutes[row.minutes]): row
        for row in observed
        if row.delivery_day == day
    }
    concerned = [
        row
        for row in rejections.fold(log)
        if None in (row.trader_id, row.delivery_day) or (row.delivery_day == day and trader in (None, row.trader_id))
    ]
    return performance_of(
        trader_id=trader,
        delivery_day=day,
        zone=BERLIN,
        totals=totals,
        reference_prices=[
            ReferencePrice(period, row.value, row.last_update, row.recorded_at, row.position)
            for period, row in standing.items()
        ],
        knowledge=KNOWLEDGE,
        open_rejections=len(concerned),
    )


@settings(max_examples=80)
@given(
    messages=sent_by_the_exchange(),
    answers=answers_of_the_provider(),
    trader=st.sampled_from((None, *TRADERS, "nobody")),
    day=st.sampled_from(DAYS),
)
def test_every_figure_is_what_the_definitions_say(
    messages: list[bytes], answers: list[dict[str, object]], trader: str | None, day: str
) -> None:
    answered = performance_fields(performance_from(recorded_from(messages, answers), trader, date.fromisoformat(day)))
    expected = oracle.performance(trader=trader, day=day, messages=messages, answers=answers)
    assert answered | {"knowledge": None} == expected


def test_the_oracle_knows_nothing_of_wattbook() -> None:
    for module in (oracle, oracle_reading):
        assert module.__file__ is not None
        imported = set(re.findall(r"^(?:from|import) (\w+)", Path(module.__file__).read_text(), re.MULTILINE))
        assert not imported & {"domain", "projections", "adapters", "graphql_api", "wattbook"}
