"""No period that is due is left out, whatever has happened, and none that is not is looked at for long."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from domain.agenda import Agenda
from domain.periods import DeliveryPeriod, hours_of, parse_period, periods_of
from domain.polling import Asked, DueRequest, PeriodKey, due_requests, key_of

BERLIN = ZoneInfo("Europe/Berlin")
DAY = date(2023, 2, 6)
NOON = datetime(2023, 2, 6, 11, tzinfo=UTC)
PERIODS = (*periods_of(DAY, BERLIN), *hours_of(date(2023, 2, 7), BERLIN), *hours_of(date(2022, 1, 3), BERLIN))
OLD = parse_period(date(2022, 1, 3), "08-09", BERLIN)

asks = st.tuples(st.just("is asked for"), st.sampled_from(PERIODS), st.booleans())
answers = st.tuples(st.just("is answered"), st.sampled_from(PERIODS), st.booleans())
deals = st.tuples(st.just("has deals"), st.sampled_from(PERIODS), st.booleans())
no_deals = st.tuples(st.just("has no deals"), st.sampled_from(PERIODS), st.booleans())
steps = st.lists(st.tuples(st.integers(-7200, 90_000), asks | answers | deals | no_deals), max_size=40)


class Book:
    """All that happened, as one who looks at everything knows it."""

    def __init__(self, refresh_s: int) -> None:
        self.refresh_s = refresh_s
        self.priced: dict[DeliveryPeriod, bool] = {}
        self.asked: dict[PeriodKey, Asked] = {}

    def due(self, now: datetime, looked_at: Sequence[DeliveryPeriod]) -> tuple[DueRequest, ...]:
        with_deals = [(period, self.priced[period]) for period in looked_at]
        return due_requests(now, zone=BERLIN, with_deals=with_deals, asked=self.asked, refresh_s=self.refresh_s)


@given(steps, st.sampled_from([1, 20, 600, 86_400]))
def test_looking_at_what_the_agenda_names_finds_all_that_is_due_in_the_same_order(
    steps: list[tuple[int, tuple[str, DeliveryPeriod, bool]]], refresh_s: int
) -> None:
    book, agenda, now = Book(refresh_s), Agenda(refresh_s), NOON
    for seconds, (what, period, flag) in steps:
        now += timedelta(seconds=seconds)
        key = key_of(period)
        known = book.asked.get(key)
        match what:
            case "is asked for":
                book.asked[key] = known.asked_again(now) if known else Asked(now)
                agenda.note(period, book.asked[key], now)
            case "is answered" if known:
                book.asked[key] = known.answered(period, now, news=flag)
                agenda.note(period, book.asked[key], now)
            case "has deals":
                book.priced[period] = flag
                agenda.add([key], now)
            case "has no deals":
                book.priced.pop(period, None)
        named = agenda.look_at(now)
        looked_at = [each for each in book.priced if each.end > now or key_of(each) in named]
        agenda.drop(key for key in named if key not in map(key_of, book.priced))
        assert book.due(now, looked_at) == book.due(now, tuple(book.priced))


def test_a_delivered_period_is_named_no_more_after_its_answer_until_it_may_be_due_again() -> None:
    agenda = Agenda(600)
    agenda.add([key_of(OLD)], NOON)
    assert agenda.look_at(NOON) == (key_of(OLD),)
    agenda.note(OLD, Asked(NOON, NOON, 0, without_news=2), NOON)
    assert agenda.look_at(NOON + timedelta(seconds=2399)) == ()
    assert agenda.look_at(NOON + timedelta(seconds=2400)) == (key_of(OLD),)


def test_what_is_loaded_anew_keeps_the_periods_with_deals() -> None:
    agenda = Agenda(600)
    agenda.add([key_of(OLD)], NOON)
    agenda.load({key_of(OLD): Asked(NOON, None, 1)}, NOON)
    assert agenda.look_at(NOON) == ()
    assert agenda.look_at(NOON + timedelta(seconds=30)) == (key_of(OLD),)


def test_a_period_whose_deals_are_gone_is_named_again_when_it_has_new_ones() -> None:
    agenda = Agenda(600)
    agenda.add([key_of(OLD)], NOON)
    agenda.drop([key_of(OLD)])
    assert agenda.look_at(NOON) == ()
    agenda.add([key_of(OLD)], NOON)
    assert agenda.look_at(NOON) == (key_of(OLD),)
