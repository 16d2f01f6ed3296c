"""Is the log what it was when it was recorded? Contiguity, order in time and the hash of every stored byte."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from hashlib import sha256
from struct import Struct
from typing import Final

from domain.canonical import time_text
from domain.merkle import leaf_hash

TABLE: Final = "wattbook.events"

Link = tuple[int, str, int, str, datetime, bytes, bytes]
"""Position, stream, version, topic, recorded at, stored bytes and chain hash of one event."""

_NUMBERS: Final = Struct(">qqq").pack
_LENGTH: Final = Struct(">I").pack
_BEGIN: Final = Struct(">qqqI").pack
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


@dataclass(frozen=True)
class Finding:
    """Something that is not as it must be: in which table, at which position of the log, and what it is."""

    position: int
    table: str
    what: str


def check_chain(
    pages: Iterable[Sequence[Link]], after: int, until: int, before: tuple[datetime, bytes] | None
) -> list[Finding]:
    """Return what is wrong with the events of *pages*, all those above *after* up to *until*.

    *before* is when the event at *after* was recorded and its stored hash, ``None`` where that event
    is missing. Each hash is checked against the stored one before it, so damage is named where it is, once;
    after an event that is missing, or whose hash is, there is none to check against.
    """
    found: list[Finding] = []
    last_at, previous = before or (_EPOCH, None)
    expected, micros = after + 1, (last_at - _EPOCH) // _MICROSECOND
    for page in pages:
        for position, stream, version, topic, recorded_at, state, stored in page:
            if position != expected:
                found.append(_missing(expected, position - 1))
                previous = None
            if recorded_at != last_at:
                if recorded_at < last_at:
                    told = f"recorded at {time_text(recorded_at)}, before the event before it, {time_text(last_at)}"
                    found.append(Finding(position, TABLE, told))
                last_at, micros = recorded_at, (recorded_at - _EPOCH) // _MICROSECOND
            if previous:
                name = stream.encode()
                # What hash_chain.chained joins: two hashes are four fifths of the time that this takes.
                begin = previous + _BEGIN(position, version, micros, len(name))
                if sha256(begin + name + _named(topic) + sha256(state).digest()).digest() != stored:
                    found.append(Finding(position, TABLE, "its bytes, or its place, are not those that were hashed"))
            previous, expected = stored, position + 1
    if expected <= until:
        found.append(_missing(expected, until))
    return found


def leaf_of(link: Link) -> bytes:
    """Return the leaf of one event in the tree of its block: all that its chain hash covers but the hash before it."""
    position, stream, version, topic, recorded_at, state, _ = link
    name = stream.encode()
    numbers = _NUMBERS(position, version, (recorded_at - _EPOCH) // _MICROSECOND)
    return leaf_hash(b"".join((numbers, _LENGTH(len(name)), name, _named(topic), sha256(state).digest())))


def _missing(first: int, last: int) -> Finding:
    return Finding(first, TABLE, "no such event" if first == last else f"no event up to position {last}")


@cache
def _named(topic: str) -> bytes:
    text = topic.encode()
    return _LENGTH(len(text)) + text
