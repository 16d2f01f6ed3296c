"""How do the events of a test lie in the log?"""

from collections.abc import Iterable

from adapters.event_log.stored_events import state_of
from domain.events import Recorded
from projections.runner import RawEvent


def raw(log: Iterable[Recorded]) -> list[RawEvent]:
    """Return the events of *log* in their stored bytes."""
    return [RawEvent(each.position, each.recorded_at, each.event.TOPIC, state_of(each.event)) for each in log]
