"""What of that which a line brought is lost, though it was heard?"""

from domain.recording import AlreadyRecorded, Append, decide, stream_of
from projections.interruptions import interruptions
from tests.notation import connected, instant, interrupted, lost, recorded
from tests.spec import given

UP = connected("exchange/1", "06:00:00")


def test_each_lost_stretch_of_a_connection_is_a_row_with_its_reason() -> None:
    first, second = interrupted(UP, "07:00:00 to 07:01:00"), interrupted(UP, "08:00:00 to 08:00:01", "damaged")
    given(UP, first, lost(UP, "09:00:00"), second).when(interruptions).then(
        {"position": 2, "lost_from": instant("07:00:00"), "lost_until": instant("07:01:00")},
        {"position": 4, "connection": "c1", "reason": "damaged"},
    )


def test_a_lost_stretch_is_recorded_once_also_when_its_connection_has_ended_before() -> None:
    gap, other = interrupted(UP, "07:00:00 to 07:01:00"), interrupted(UP, "07:30:00 to 07:31:00")
    past = recorded([UP, lost(UP, "09:00:00"), gap])
    assert {stream_of(each.event) for each in past} == {"feed:exchange/1:c1"}
    assert decide(gap, past[:2]) == Append(gap)
    assert decide(gap, past) == AlreadyRecorded(3)
    assert decide(other, past) == Append(other)
