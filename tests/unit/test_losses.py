"""What is known of a stretch without any line: which lines were lost, how was it noticed, what did files tell?"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import islice

from hypothesis import given
from hypothesis import strategies as st

from domain.coverage import Outage, outages
from domain.losses import Coverage, Interruption, LineConnection, OutageAccount, losses, whole_stretches
from domain.telling import LATE, ToldByFile
from tests.notation import instant

NOW = instant("18:00:00")


def held(
    line: str, opened: str, ended: str | None = None, noticed: str | None = None, reason: str = "reset"
) -> LineConnection:
    if ended is None:
        return LineConnection(instant(opened), None, f"exchange/{line}", None, None)
    return LineConnection(instant(opened), instant(ended), f"exchange/{line}", instant(noticed or ended), reason)


def told(start: str, end: str, file: str = "exchange_trades_20230206.csv") -> ToldByFile:
    return ToldByFile(instant(start), instant(end), file)


def accounts(connections: Sequence[LineConnection], files: Sequence[ToldByFile] = ()) -> list[OutageAccount]:
    """Return what is known of each outage, the oldest first."""
    return list(Coverage(connections, files).accounts())[::-1]


TWO_LINES_DOWN = (
    held("1", "06:00:00", "09:00:00", "09:00:06.25", "silent"),
    held("2", "06:00:00", "09:10:00", "09:10:00.5", "closed"),
    held("2", "09:30:00"),
)


def test_an_outage_names_the_lines_before_it_with_reason_and_delay_the_last_one_lost_first() -> None:
    (outage,) = accounts(TWO_LINES_DOWN)
    assert (outage.start, outage.end) == (instant("09:10:00"), instant("09:30:00"))
    assert [(loss.line, loss.reason, loss.detection_delay_s) for loss in outage.lines] == [
        ("exchange/2", "closed", Decimal("0.5")),
        ("exchange/1", "silent", Decimal("6.25")),
    ]
    assert outage.noticed_at == instant("09:10:00.5")


def test_an_outage_is_noticed_when_the_last_line_is_known_to_be_lost() -> None:
    (outage,) = accounts([held("1", "06:00:00", "09:00:00"), held("2", "06:00:00", "08:59:59", "09:00:05")])
    assert outage.noticed_at == instant("09:00:05")
    assert outage.end is None


def test_a_line_that_was_given_up_before_the_last_outage_is_not_named_again() -> None:
    found = accounts(
        [
            held("3", "05:00:00", "06:00:00"),
            held("1", "06:30:00", "07:00:00"),
            held("1", "07:30:00", "08:00:00"),
            held("1", "08:30:00"),
        ]
    )
    assert [[loss.line for loss in outage.lines] for outage in found] == [
        ["exchange/3"],
        ["exchange/1"],
        ["exchange/1"],
    ]


def test_a_receiver_that_is_replaced_without_a_gap_loses_no_line() -> None:
    assert losses([held("1", "06:00:00", "09:00:00"), held("1", "08:59:00")]) == ()
    coverage = Coverage(TWO_LINES_DOWN)
    assert (coverage.losses_of("exchange/1"), coverage.losses_of("exchange/9")) == (1, 0)
    last = coverage.last_loss("exchange/2")
    assert last is not None
    assert last.lost_at == instant("09:10:00")


def test_a_file_that_tells_all_of_an_outage_leaves_nothing_missing() -> None:
    (outage,) = accounts(TWO_LINES_DOWN, [told("00:00:00", "23:00:00")])
    assert (outage.is_told, outage.told_by, outage.untold) == (True, ("exchange_trades_20230206.csv",), ())
    assert not outage.concerns(instant("22:45:00"))


def test_a_file_that_tells_a_part_leaves_the_rest_untold() -> None:
    (outage,) = accounts(TWO_LINES_DOWN, [told("00:00:00", "09:20:00"), told("10:00:00", "11:00:00", "later.csv")])
    assert (outage.is_told, outage.told_by) == (False, ("exchange_trades_20230206.csv",))
    assert outage.untold == (Outage(instant("09:20:00"), instant("09:30:00")),)


def test_an_outage_concerns_every_day_whose_last_delivery_had_not_begun() -> None:
    (outage,) = accounts(TWO_LINES_DOWN)
    assert outage.concerns(instant("22:45:00"))
    assert outage.concerns(instant("2023-02-07T22:45:00"))
    assert not outage.concerns(instant("2023-02-05T22:45:00"))


def gone(start: str, end: str) -> Interruption:
    return Interruption(instant(start), instant(end), "the journal lost 3 entries")


def test_a_line_of_which_deals_are_lost_was_not_covering_meanwhile_and_says_why() -> None:
    whole = whole_stretches(held("1", "06:00:00", "10:00:00", "10:00:02"), [gone("07:00:00", "07:30:00")])
    (outage,) = accounts([*whole, held("1", "10:00:00")])
    assert (outage.start, outage.end) == (instant("07:00:00"), instant("07:30:00"))
    assert [loss.reason for loss in outage.lines] == ["the journal lost 3 entries"]
    assert accounts([*whole, held("2", "06:30:00"), held("1", "10:00:00")]) == [], "the other line heard it"


def test_what_is_lost_to_the_end_of_a_connection_or_from_its_start_is_no_stretch_of_its_own() -> None:
    up = held("1", "06:00:00", "10:00:00")
    assert [(each.opened_at, each.ended_at) for each in whole_stretches(up, [gone("09:00:00", "11:00:00")])] == [
        (instant("06:00:00"), instant("09:00:00"))
    ]
    (outage,) = accounts(whole_stretches(held("1", "06:00:00"), [gone("05:00:00", "07:00:00")]))
    assert (outage.start, outage.end) == (instant("06:00:00"), instant("07:00:00"))
    before, after = held("1", "04:00:00", "05:30:00"), whole_stretches(up, [gone("05:00:00", "07:00:00")])
    assert [(each.start, each.end) for each in accounts([before, *after])] == [
        (instant("05:30:00"), instant("07:00:00")),
        (instant("10:00:00"), None),
    ]
    assert whole_stretches(up, [gone("04:00:00", "06:00:00"), gone("10:00:00", "11:00:00")]) == [up]


minutes = st.integers(0, 59)
moments = st.integers(0, 59)


@given(st.lists(st.tuples(moments, moments).map(sorted), max_size=5), moments, moments | st.none())
def test_of_a_connection_just_the_moments_remain_of_which_nothing_is_lost(
    lost: list[list[int]], opened: int, ended: int | None
) -> None:
    end = None if ended is None else max(opened, ended)
    up = held("1", f"08:{opened:02}:00", None if end is None else f"08:{end:02}:00")
    stretches = whole_stretches(up, [gone(f"08:{a:02}:00", f"08:{b:02}:00") for a, b in lost])
    for minute in range(opened, 60 if end is None else end):
        at = instant(f"08:{minute:02}:30")
        covered = any(each.opened_at <= at and (each.ended_at is None or at < each.ended_at) for each in stretches)
        assert covered != any(a <= minute < b for a, b in lost)


spans = st.lists(st.tuples(st.sampled_from("123"), minutes, minutes | st.none()), max_size=10)


@given(spans)
def test_every_outage_is_accounted_for_and_names_at_least_the_line_it_began_with(
    held_lines: list[tuple[str, int, int | None]],
) -> None:
    connections = [
        held(line, f"08:{start:02}:00", None if end is None else f"08:{max(start, end):02}:00")
        for line, start, end in held_lines
    ]
    found = accounts(connections)
    assert tuple(Outage(outage.start, outage.end) for outage in found) == outages(connections)
    assert all(outage.lines[0].lost_at == outage.start for outage in found)


def test_before_the_first_connection_nothing_is_known_to_be_complete() -> None:
    assert Coverage([]).complete_up_to(None) is None
    assert Coverage([]).complete_up_to(NOW) is None


def test_while_a_line_is_open_all_is_complete_up_to_the_last_event() -> None:
    assert Coverage([held("1", "06:00:00")]).complete_up_to(NOW) == NOW


def test_the_oldest_outage_is_where_the_record_stops_being_complete() -> None:
    connections = [held("1", "06:00:00", "09:00:00"), held("1", "09:00:01", "12:00:00"), held("1", "13:00:00")]
    assert Coverage(connections).complete_up_to(NOW) == instant("09:00:00")


def test_when_every_line_is_lost_the_record_is_complete_up_to_the_last_one() -> None:
    connections = [held("1", "06:00:00", "09:00:00"), held("2", "06:00:00", "09:30:00")]
    assert Coverage(connections).complete_up_to(NOW) == instant("09:30:00")


def test_a_file_that_tells_all_of_an_outage_makes_the_record_complete_again() -> None:
    connections = [held("1", "06:00:00", "09:00:00"), held("1", "09:30:00", "12:00:00"), held("2", "12:00:00")]
    assert Coverage(connections).complete_up_to(NOW) == instant("09:00:00")
    assert Coverage(connections, [told("00:00:00", "09:15:00")]).complete_up_to(NOW) == instant("09:15:00")
    assert Coverage(connections, [told("00:00:00", "17:00:00")]).complete_up_to(NOW) == NOW


@given(spans, st.lists(st.tuples(minutes, minutes).filter(lambda pair: pair[0] < pair[1]), max_size=6))
def test_completeness_is_what_a_minute_by_minute_look_says(
    held_lines: list[tuple[str, int, int | None]], files: list[tuple[int, int]]
) -> None:
    def at(minute: int) -> datetime:
        return instant(f"08:{minute:02}:00")

    held_lines = [(line, start, None if end is None else max(start, end)) for line, start, end in held_lines]
    coverage = Coverage(
        [
            held(line, f"08:{start:02}:00", None if end is None else f"08:{end:02}:00")
            for line, start, end in held_lines
        ],
        [ToldByFile(at(start), at(end), "a.csv") for start, end in files],
    )
    expected: datetime | None = None
    if held_lines:
        minute = min(start for _, start, _ in held_lines)
        while minute < 60 and (
            any(start <= minute and (end is None or minute < end) for _, start, end in held_lines)
            or any(start <= minute < end for start, end in files)
        ):
            minute += 1
        expected = NOW if minute == 60 else at(minute)
    assert coverage.complete_up_to(NOW) == expected
    assert coverage.untold_outages == sum(not account.is_told for account in coverage.accounts())


@given(spans, minutes)
def test_the_outages_of_a_day_are_those_that_concern_it_the_newest_first(
    held_lines: list[tuple[str, int, int | None]], last_delivery: int
) -> None:
    coverage = Coverage(
        [
            held(line, f"08:{start:02}:00", None if end is None else f"08:{max(start, end):02}:00")
            for line, start, end in held_lines
        ],
        [told("08:10:00", "08:20:00"), told("08:15:00", "08:40:00")],
    )
    untold = [account for account in coverage.accounts() if not account.is_told]
    last = instant(f"08:{last_delivery:02}:00")
    assert list(coverage.untold_accounts()) == untold
    assert list(coverage.untold_accounts(last)) == [account for account in untold if account.concerns(last)]


class Compared(datetime):
    """An instant that counts how often it is compared."""

    comparisons = 0

    def __lt__(self, other: datetime) -> bool:  # type: ignore[override]  # as the type of datetime itself does
        Compared.comparisons += 1
        return super().__lt__(other)


def test_the_work_for_years_of_outages_and_files_grows_with_their_number_not_with_their_product() -> None:
    def at(quarter: int) -> datetime:
        return Compared(2023, 1, 1, tzinfo=UTC) + quarter * timedelta(minutes=15)

    def comparisons(count: int) -> int:
        Compared.comparisons = 0
        connections = [
            LineConnection(at(n), at(n + 1), "exchange/1", at(n + 1), "reset") for n in range(0, 2 * count, 2)
        ]
        files = [ToldByFile(at(n) - LATE, at(n + 1), "a.csv") for n in range(1, 2 * count - 1, 2)]
        coverage = Coverage(connections, files)
        assert (coverage.complete_up_to(NOW), coverage.untold_outages) == (at(2 * count - 1), 1)
        assert len(list(islice(coverage.accounts(), 500))) == min(count, 500)
        return Compared.comparisons

    assert comparisons(4_000) < 8 * comparisons(1_000)
