"""How does a connection end for which nobody vouches, and what if its receiver tells more later?"""

from dataclasses import replace

from domain.coverage import Connection, Outage, outages
from domain.events import RECEIVER_ENDED, UNVOUCHED, Event, FeedConnected, FeedDisconnected
from domain.recording import AlreadyRecorded, Append, decide, stream_of
from tests.notation import connected, instant, lost, recorded

UP = connected("exchange/1", "06:00:00")
GONE = lost(UP, "08:01:00", "08:00:00", UNVOUCHED)
TRUTH = lost(UP, "10:00:02", "10:00:00", "receiver stopped")
AGAIN = connected("exchange/1", "08:00:00")
KILLED = lost(UP, "10:00:02", "08:00:00", RECEIVER_ENDED)
"""As the receiver's older file tells it, whose last sign of life is not the last one."""


def log_of(*events: Event) -> list[Event]:
    """Return what the log holds after *events*, all of which belong to one stream."""
    held: list[Event] = []
    for event in events:
        decision = decide(event, recorded(held))
        if isinstance(decision, Append):
            held.append(decision.event)
    assert {stream_of(each) for each in held} == {"feed:exchange/1:c1"}
    return held


def gaps(events: list[Event]) -> tuple[Outage, ...]:
    up = {each.connection: Connection(each.connected_at, None) for each in events if isinstance(each, FeedConnected)}
    down = {
        each.connection: Connection(each.connected_at, each.last_heard_at)
        for each in events
        if isinstance(each, FeedDisconnected)
    }
    return outages((up | down).values())


def test_what_nobody_vouches_for_covers_no_more_than_was_vouched_for() -> None:
    assert gaps(log_of(UP, GONE)) == (Outage(instant("08:00:00"), None),)
    assert log_of(UP, GONE, replace(GONE, disconnected_at=instant("08:02:00"))) == [UP, GONE], "two recorders"


def test_what_its_receiver_tells_later_counts_from_where_it_was_vouched_for() -> None:
    late = log_of(UP, GONE, UP, TRUTH, TRUTH, GONE, AGAIN)
    assert late == [UP, GONE, replace(TRUTH, connection="c1~2", connected_at=instant("08:00:00"))]
    assert gaps(late) == (Outage(instant("10:00:00"), None),)
    earlier = lost(UP, "10:00:02", "07:59:00")
    assert log_of(UP, GONE, earlier) == [UP, GONE]


def test_a_connection_that_is_vouched_for_again_goes_on_and_can_be_lost_again() -> None:
    again = log_of(UP, GONE, AGAIN, AGAIN, UP, GONE)
    assert again == [UP, GONE, replace(AGAIN, connection="c1~2")]
    assert gaps(again) == ()
    second = replace(AGAIN, connection="c1~2")
    twice = log_of(*again, lost(second, "09:01:00", "09:00:00", UNVOUCHED), connected("exchange/1", "09:00:00"), TRUTH)
    assert [type(each) for each in twice] == [FeedConnected, FeedDisconnected] * 3
    assert gaps(twice) == (Outage(instant("10:00:00"), None),)


def test_a_noted_end_is_final() -> None:
    past = recorded([UP, TRUTH])
    for event in (GONE, UP, connected("exchange/1", "11:00:00"), lost(UP, "12:00:00")):
        assert isinstance(decide(event, past), AlreadyRecorded)


def test_after_a_receiver_died_the_file_that_tells_more_counts_in_whatever_order() -> None:
    last = lost(UP, "10:00:02", "10:00:00", RECEIVER_ENDED)
    for truth in (TRUTH, last):
        assert gaps(log_of(UP, KILLED, truth)) == (Outage(instant("10:00:00"), None),)
        assert log_of(UP, truth, KILLED) == [UP, truth]
        told = log_of(UP, KILLED, truth)
        assert log_of(*told, UP, KILLED, truth, GONE) == told, "drained twice"


def test_a_connection_that_passed_for_ended_with_its_receiver_goes_on_where_it_is_vouched_for() -> None:
    told = log_of(UP, KILLED, AGAIN)
    assert gaps(told) == ()
    older = lost(UP, "10:00:01", "07:00:00", RECEIVER_ENDED)
    assert log_of(*told, UP, KILLED, older, AGAIN) == told, "what is known of it by now is more than these say"
    assert gaps(log_of(*told, TRUTH)) == (Outage(instant("10:00:00"), None),)


def test_a_connection_that_ended_with_its_receiver_at_once_is_not_opened_by_being_drained_twice() -> None:
    at_once = lost(UP, "06:00:01", "06:00:00", RECEIVER_ENDED)
    assert log_of(UP, at_once, UP, at_once) == [UP, at_once]
