"""From a short list is chosen as from all that is due, and after an outage the freshest need goes first."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.periods import DeliveryPeriod, hours_of, parse_period, periods_of
from domain.polling import Asked, PeriodKey, Urgency, affordable, due_requests, key_of
from domain.request_limits import Allowance
from domain.turns import LONGEST_CATCH_UP, Look, Room, Turns

BERLIN = ZoneInfo("Europe/Berlin")
DAY = date(2023, 2, 6)
NOON = datetime(2023, 2, 6, 11, tzinfo=UTC)
PLENTY = Room(1000, 1000)

instants = st.integers(0, 9000).map(lambda s: NOON - timedelta(seconds=s))
two_days = st.sampled_from([*periods_of(DAY, BERLIN), *hours_of(date(2023, 2, 7), BERLIN)])
histories = st.builds(Asked, instants, st.none() | instants, st.integers(0, 40), st.integers(0, 40))


@given(
    st.dictionaries(two_days, st.booleans(), max_size=40),
    st.dictionaries(two_days.map(key_of), histories, max_size=80),
    st.sets(two_days.map(key_of), max_size=10),
    st.integers(0, 20),
    st.integers(0, 20),
    st.integers(0, 20),
)
@settings(max_examples=100, deadline=None)
def test_what_is_chosen_from_the_short_list_is_what_is_chosen_from_all(
    with_deals: dict[DeliveryPeriod, bool],
    asked: dict[PeriodKey, Asked],
    in_flight: set[PeriodKey],
    slots: int,
    can_wait: int,
    made_before: int,
) -> None:
    can_wait = min(slots, can_wait)
    allowed = Allowance(50, 10, None)
    due = due_requests(NOON, zone=BERLIN, with_deals=with_deals.items(), asked=asked, refresh_s=600)
    due = tuple(request for request in due if key_of(request.period) not in in_flight)
    hurried = sum(not request.can_wait for request in due)
    look = Look(NOON, Room(slots, can_wait), tuple(with_deals.items()), asked, in_flight)
    assert affordable(Turns(BERLIN, 600).usual(look), allowed, at_most=slots, made_before=made_before) == affordable(
        due[: hurried + can_wait], allowed, at_most=slots, made_before=made_before
    )


def look(
    with_deals: Mapping[DeliveryPeriod, bool],
    asked: Mapping[PeriodKey, Asked] | None = None,
    room: Room = PLENTY,
    now: datetime = NOON,
) -> Look:
    return Look(now, room, tuple(with_deals.items()), asked or {})


def hour(label: str, day: date = DAY) -> DeliveryPeriod:
    return parse_period(day, label, BERLIN)


OLD, DELIVERED, RUNNING, SOON, TOMORROW = (
    hour("08-09", date(2022, 1, 3)),
    hour("10-11"),
    hour("12-13"),
    hour("15-16"),
    hour("15-16", date(2023, 2, 7)),
)


def test_after_an_outage_those_without_a_price_go_first_the_nearest_open_delivery_before_all() -> None:
    turns = Turns(BERLIN, 600)
    turns.catch_up(NOON)
    desk = {OLD: False, DELIVERED: False, TOMORROW: False, RUNNING: True, SOON: False}
    asked = {key_of(SOON): Asked(NOON - timedelta(minutes=1)), key_of(TOMORROW): Asked(NOON - timedelta(hours=2))}
    chosen = turns.next(look(desk, asked), answers_may_come=False)
    assert [request.period for request in chosen] == [SOON, TOMORROW, DELIVERED, OLD, RUNNING]


def test_hours_without_deals_wait_until_those_that_need_a_price_are_served() -> None:
    turns = Turns(BERLIN, 600)
    turns.catch_up(NOON)
    asked: dict[PeriodKey, Asked] = {}
    assert {request.period for request in turns.next(look({SOON: False}, asked), answers_may_come=False)} == {SOON}
    asked[key_of(SOON)] = Asked(NOON)
    assert turns.next(look({SOON: False}, asked), answers_may_come=True) == ()
    asked[key_of(SOON)] = Asked(NOON, NOON, 0)
    after = turns.next(look({SOON: True}, asked), answers_may_come=False)
    assert {request.urgency for request in after} == {Urgency.UNTRADED}


def test_with_nobody_in_need_the_usual_order_begins_at_once() -> None:
    turns = Turns(BERLIN, 600)
    turns.catch_up(NOON)
    assert turns.next(look({}), answers_may_come=False) == turns.usual(look({})) != ()


def test_catching_up_ends_after_half_an_hour_however_many_still_need_a_price() -> None:
    years = {period: False for days in range(60) for period in hours_of(DAY - timedelta(days=9 + days), BERLIN)}
    turns = Turns(BERLIN, 600)
    turns.catch_up(NOON)
    for now, others_too in ((NOON + LONGEST_CATCH_UP, False), (NOON + LONGEST_CATCH_UP + timedelta(seconds=1), True)):
        chosen = turns.next(look(years, room=Room(16, 12), now=now), answers_may_come=True)
        assert any(request.can_wait for request in chosen) == others_too
        assert sum(not request.can_wait for request in chosen) >= 16


def test_a_clock_set_back_ends_catching_up() -> None:
    turns = Turns(BERLIN, 600)
    turns.catch_up(NOON)
    earlier = look({SOON: False}, now=NOON - timedelta(hours=1))
    assert turns.next(earlier, answers_may_come=True) == turns.usual(earlier)


def test_on_clock_change_days_exactly_the_hours_that_exist_are_asked_for_by_their_own_labels() -> None:
    for day, hours in ((date(2023, 3, 26), 23), (date(2023, 10, 29), 25)):
        eve = datetime(day.year, day.month, day.day, 9, tzinfo=UTC) - timedelta(days=1)
        labels = [
            request.period.label for request in Turns(BERLIN, 600).usual(look({}, now=eve)) if request.period.day == day
        ]
        assert len(labels) == len(set(labels)) == hours
        doubled = {"02-03A", "02-03B"} if hours == 25 else set()
        assert {label for label in labels if label.startswith("02-03")} == doubled


def test_both_doubled_hours_are_asked_for_and_remembered_apart() -> None:
    first, second = (hour(label, date(2023, 10, 29)) for label in ("02-03A", "02-03B"))
    eve = datetime(2023, 10, 28, 12, tzinfo=UTC)
    asked = {key_of(first): Asked(eve, eve, 0)}
    chosen = Turns(BERLIN, 600).usual(look({first: True, second: False}, asked, now=eve))
    assert chosen[0].period == second
    assert first not in [request.period for request in chosen]
