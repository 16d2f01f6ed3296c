"""What does a new fact mean beside what its stream already holds?"""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.events import EVENT_TYPES, DealConfirmed, DealConflicted, Event, Receipt
from domain.recording import Append, Outcome, deal_stream, decide, stream_of
from tests.notation import (
    agreed,
    cancelled,
    conflict,
    connected,
    corrected,
    deal,
    imported,
    interrupted,
    lost,
    period,
    published,
    receipt,
    reference_price,
    rejected,
    resolved,
    sealed,
)
from tests.spec import MemoryLog

ANNA = deal("anna buys 10 MW 08-09 at 40")
OTHER = deal("anna buys 10 MW 08-09 at 41")
THIRD = deal("anna buys 10 MW 08-09 at 42")

RECORDED_1 = Outcome("recorded", 1)

EVERY_KIND: tuple[Event, ...] = (
    ANNA,
    cancelled(ANNA, replaces=7),
    corrected(ANNA, OTHER, replaces=7),
    conflict(OTHER, stands=7),
    reference_price("12-13 at 100.0"),
    rejected(b"{}"),
    resolved(9),
    connected("exchange/1", "06:00:00"),
    lost(connected("exchange/1", "06:00:00"), "10:00:00"),
    interrupted(connected("exchange/1", "06:00:00"), "07:00:00 to 07:01:00"),
    imported(),
    published(),
    sealed(),
)


def outcomes(*events: Event) -> list[tuple[str, int]]:
    return [(outcome.kind, outcome.position) for outcome in MemoryLog().append(events)]


def test_the_same_deal_is_recorded_once_on_however_many_lines_it_comes() -> None:
    again = replace(ANNA, receipt=Receipt(source="exchange/2", received_at=ANNA.receipt.received_at, original=b"other"))
    assert outcomes(ANNA, ANNA, again) == [("recorded", 1), ("duplicate", 1), ("duplicate", 1)]


def test_contents_are_compared_by_value() -> None:
    assert outcomes(
        deal("anna buys 12.30 MW 08-09 at 20.5000000"),
        deal("anna buys 12.3 MW 08:00-09:00 at 20.5", executed="2023-02-06T06:13:45.000Z"),
    ) == [("recorded", 1), ("duplicate", 1)]


@pytest.mark.parametrize(
    "other",
    [
        deal("anna buys 10 MW 08-09 at 40.000001"),
        deal("anna buys 11 MW 08-09 at 40"),
        deal("anna buys 10 MW 09-10 at 40"),
        deal("anna buys 10 MW 08:00-08:30 at 40"),
        deal("anna buys 10 MW 08-09 at 40", executed="06:13:46"),
    ],
)
def test_other_content_conflicts_with_what_stands(other: DealConfirmed) -> None:
    log = MemoryLog()
    assert [each.kind for each in log.append([ANNA, other])] == ["recorded", "conflict"]
    assert log.events[1].event == conflict(other, stands=1)


def test_a_conflicting_content_is_a_conflict_once_and_a_third_one_another() -> None:
    assert outcomes(ANNA, OTHER, OTHER, THIRD, ANNA, THIRD) == [
        ("recorded", 1),
        ("conflict", 1),
        ("duplicate", 2),
        ("conflict", 1),
        ("duplicate", 1),
        ("duplicate", 3),
    ]


def test_a_cross_trade_is_two_deals_under_one_id() -> None:
    assert outcomes(
        ANNA,
        deal("anna sells 10 MW 08-09 at 40"),
        deal("ben buys 10 MW 08-09 at 40"),
        deal("anna buys 10 MW 08-09 at 40", deal_id="2"),
    ) == [("recorded", 1), ("recorded", 2), ("recorded", 3), ("recorded", 4)]


def test_after_a_correction_both_contents_are_known_and_news_conflicts_with_the_corrected_one() -> None:
    log = MemoryLog()
    log.append([ANNA, OTHER, corrected(ANNA, OTHER, replaces=1)])
    assert log.append([ANNA, OTHER, THIRD]) == [
        Outcome("duplicate", 1),
        Outcome("duplicate", 2),
        Outcome("conflict", 3),
    ]


def test_a_deal_that_was_cancelled_is_still_known() -> None:
    assert outcomes(ANNA, cancelled(ANNA, replaces=1), ANNA)[2] == ("duplicate", 1)


@pytest.mark.parametrize(
    "change",
    [cancelled(ANNA, replaces=1), corrected(ANNA, OTHER, replaces=1), conflict(OTHER, stands=1)],
)
def test_a_change_of_a_deal_that_is_handed_in_twice_is_recorded_once(change: Event) -> None:
    assert outcomes(ANNA, change, change) == [("recorded", 1), ("recorded", 2), ("duplicate", 2)]


def test_what_was_recorded_once_can_be_taken_back_once() -> None:
    assert outcomes(ANNA, corrected(ANNA, OTHER, replaces=1), cancelled(ANNA, replaces=1)) == [
        ("recorded", 1),
        ("recorded", 2),
        ("duplicate", 2),
    ]


def test_a_corrected_deal_can_be_corrected_again_and_cancelled() -> None:
    kinds = outcomes(
        ANNA, corrected(ANNA, OTHER, replaces=1), corrected(OTHER, THIRD, replaces=2), cancelled(THIRD, replaces=3)
    )
    assert [kind for kind, _ in kinds] == ["recorded"] * 4


def test_the_same_unreadable_message_is_rejected_once() -> None:
    elsewhere = replace(rejected(b"{"), receipt=receipt(b"{", source="exchange/2"))
    assert outcomes(rejected(b"{"), elsewhere, rejected(b"{ ")) == [("recorded", 1), ("duplicate", 1), ("recorded", 2)]


def test_a_rejection_is_settled_once() -> None:
    assert outcomes(rejected(b"{"), resolved(1, "discard"), resolved(1, "accept")) == [
        ("recorded", 1),
        ("recorded", 2),
        ("duplicate", 2),
    ]


def test_a_connection_opens_once_and_is_lost_once() -> None:
    up = connected("exchange/1", "08:00:00")
    assert outcomes(up, lost(up, "09:00:00"), up, lost(up, "09:00:01"), connected("exchange/1", "10:00:00", "c2")) == [
        ("recorded", 1),
        ("recorded", 2),
        ("duplicate", 1),
        ("duplicate", 2),
        ("recorded", 3),
    ]


def test_the_same_answer_again_and_again_is_no_news() -> None:
    price = reference_price("08-09 at 28")
    assert outcomes(price, replace(price, fetched_at=price.fetched_at + timedelta(minutes=10))) == [
        ("recorded", 1),
        ("duplicate", 1),
    ]


def test_a_newer_observation_is_news_also_when_its_value_is_the_same_or_undefined() -> None:
    assert outcomes(
        reference_price("08-09 at 28", last_update="09:00:00"),
        reference_price("08-09 at 28", last_update="09:10:00"),
        reference_price("08-09 undefined", last_update="09:20:00"),
    ) == [("recorded", 1), ("recorded", 2), ("recorded", 3)]


def test_an_older_observation_is_kept_once() -> None:
    newer, older = (
        reference_price(f"08-09 at {value}", last_update=at) for value, at in ((29, "09:10:00"), (28, "09:00:00"))
    )
    assert outcomes(newer, older, older, newer) == [
        ("recorded", 1),
        ("recorded", 2),
        ("duplicate", 2),
        ("duplicate", 1),
    ]


def test_another_value_under_the_same_last_update_is_news_also_when_it_goes_back() -> None:
    first, second = reference_price("08-09 at 28"), reference_price("08-09 at 29")
    assert outcomes(first, second, second, first) == [
        ("recorded", 1),
        ("recorded", 2),
        ("duplicate", 2),
        ("recorded", 3),
    ]


def test_an_older_observation_in_between_does_not_hide_what_stands() -> None:
    first, second = reference_price("08-09 at 28"), reference_price("08-09 at 29")
    older = reference_price("08-09 at 27", last_update="09:00:00")
    assert outcomes(first, second, older, first) == [
        ("recorded", 1),
        ("recorded", 2),
        ("recorded", 3),
        ("recorded", 4),
    ]


def test_a_price_is_compared_by_value() -> None:
    assert outcomes(reference_price("08-09 at 28.0"), reference_price("08-09 at 28"))[1] == ("duplicate", 1)


def test_prices_of_an_hour_and_of_its_first_quarter_are_apart() -> None:
    hour, quarter = reference_price("08-09 at 28"), reference_price("08:00-08:15 at 28")
    assert stream_of(hour) == "reference-price:2023-02-06T07:00:00Z/PT1H"
    assert stream_of(quarter) == "reference-price:2023-02-06T07:00:00Z/PT15M"


def test_an_auditor_can_read_the_stream_of_a_deal() -> None:
    assert stream_of(ANNA) == "deal:exchange:1:anna:buy"


identity = st.tuples(
    *(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1, max_size=8),) * 2,
    st.sampled_from(("buy", "sell")),
)


@given(identity, identity)
def test_two_identities_never_share_a_stream(one: tuple[str, str, str], other: tuple[str, str, str]) -> None:
    made = [
        replace(agreed("anna buys 1 MW 08-09 at 1"), deal_id=deal_id, trader_id=trader, direction=direction)  # type: ignore[arg-type]
        for deal_id, trader, direction in (one, other)
    ]
    assert (deal_stream(made[0]) == deal_stream(made[1])) == (one == other)


def test_the_stream_of_the_longest_legal_identity_fits_an_index_of_the_database() -> None:
    longest = replace(agreed("anna buys 1 MW 08-09 at 1"), deal_id="\U00020000" * 128, trader_id="\U0002a6df" * 128)
    assert len(deal_stream(longest).encode()) < 2_000


def test_the_same_report_is_published_once_and_another_author_publishes_another() -> None:
    again = published(author="desk")
    assert outcomes(published(), published(), again) == [("recorded", 1), ("duplicate", 1), ("recorded", 2)]


def test_reports_of_the_desk_and_of_a_trader_of_whatever_name_are_on_streams_of_their_own() -> None:
    assert stream_of(published(None)) == "report:2023-02-06:7"
    assert stream_of(published("a:b%")) == "report:2023-02-06:7:a%3Ab%25"


contents = st.builds(
    lambda price: deal(f"anna buys 10 MW 08-09 at {price}"), st.sampled_from([Decimal(40), Decimal(41), Decimal(42)])
)


@given(st.lists(contents, min_size=1, max_size=12))
def test_every_content_is_recorded_once_and_the_first_stands(messages: list[DealConfirmed]) -> None:
    log = MemoryLog()
    log.append(messages)
    seen = [each.event.deal for each in log.events if isinstance(each.event, DealConfirmed | DealConflicted)]
    assert seen == list(dict.fromkeys(message.deal for message in messages))
    assert [type(each.event) for each in log.events] == [DealConfirmed, *[DealConflicted] * (len(seen) - 1)]


def test_a_period_of_another_day_with_the_same_label_is_another_content() -> None:
    assert period("08-09") != period("08-09", agreed("anna buys 1 MW 08-09 at 1").period.day + timedelta(days=1))


@pytest.mark.parametrize("event", EVERY_KIND, ids=lambda event: str(event.TOPIC))
def test_whatever_comes_first_on_a_stream_is_recorded_as_it_is(event: Event) -> None:
    """The recorder relies on this, and does not ask about streams that hold nothing."""
    assert decide(event, []) == Append(event)


def test_the_kinds_above_are_all_there_are() -> None:
    assert {type(event) for event in EVERY_KIND} == set(EVENT_TYPES)
