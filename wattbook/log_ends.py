"""Where does the log begin, where does it end, and which stretches of it hold events?"""

from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

import psycopg

from adapters.event_log.chain_check import TABLE, Finding

HEAD: Final = "wattbook.log_head"

_HEAD: Final = "SELECT position, recorded_at, hash FROM wattbook.log_head"
_LAST: Final = """
    SELECT notification_id, recorded_at, hash FROM wattbook.events WHERE notification_id > 0
    ORDER BY notification_id DESC LIMIT 1
"""
_BELOW: Final = """
    SELECT notification_id, originator_id FROM wattbook.events WHERE notification_id < 1 OR notification_id IS NULL
"""
_LAST_WITHIN: Final = """
    SELECT max(notification_id) FROM wattbook.events
    WHERE notification_id > %(after)s AND notification_id <= %(until)s
"""
_FIRST_WITHIN: Final = """
    SELECT min(notification_id) FROM wattbook.events
    WHERE notification_id > %(after)s AND notification_id <= %(until)s
"""


class Ends(NamedTuple):
    """Where the log says that it ends, the last position that anything says is in it, and what is wrong with that."""

    position: int
    until: int
    findings: Sequence[Finding]


def ends_of(connection: psycopg.Connection[tuple[Any, ...]]) -> Ends:
    """Return where the log ends: it is the last event that counts where the head itself is gone."""
    head = connection.execute(_HEAD).fetchone()
    last = connection.execute(_LAST).fetchone()
    end = int(last[0]) if last else 0
    if head is None or None in head:
        what = "its row is gone" if head is None else "its row has a column that is NULL"
        return Ends(end, end, [Finding(end, HEAD, what)])
    return Ends(head[0], max(head[0], end), list(_differing(head, last)))


def below(connection: psycopg.Connection[tuple[Any, ...]]) -> Iterator[Finding]:
    """Yield the events that are nowhere in the log, whose streams hold them all the same."""
    with connection.cursor() as cursor:
        for position, stream in cursor.stream(_BELOW):
            place = "no position" if position is None else f"position {position}"
            yield Finding(position or 0, TABLE, f"an event of {stream} is at {place}, and the log begins at 1")


def stretches_of(connection: psycopg.Connection[tuple[Any, ...]], until: int, size: int) -> Iterator[tuple[int, int]]:
    """Yield from above which position up to which one each stretch goes, until they cover all up to *until*.

    Each holds up to *size* events. A gap, however long, is the end of one stretch: there are never more than events.
    """
    after = 0
    while after < until:
        end = min(after + size, until)
        if _one(connection, _LAST_WITHIN, after, end) != end:
            following = _one(connection, _FIRST_WITHIN, end, until)
            end = until if following is None else following - 1
        yield after, end
        after = end


def _one(connection: psycopg.Connection[tuple[Any, ...]], query: str, after: int, until: int) -> int | None:
    row = connection.execute(query.encode(), {"after": after, "until": until}).fetchone()
    return None if row is None else row[0]


def _differing(head: tuple[Any, ...], last: tuple[Any, ...] | None) -> Iterator[Finding]:
    if last is None:
        if head[0]:
            yield Finding(head[0], HEAD, "the log has no events at all")
        return
    for name, one, other in zip(("position", "time", "hash"), head, last, strict=True):
        if one != other:
            yield Finding(head[0], HEAD, f"its {name} is not that of the last event, at position {last[0]}")
