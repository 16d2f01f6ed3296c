"""What is known of a stretch without any line: which lines were lost, how was it noticed, what did files tell?"""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from domain.coverage import Outage, complete_up_to, outages
from domain.losses import LineConnection, ToldByFile, accounts, coverage_of, losses
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
    coverage = coverage_of(TWO_LINES_DOWN)
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


minutes = st.integers(0, 59)
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
    assert coverage_of(connections).complete_up_to(NOW) == complete_up_to(connections, NOW)
