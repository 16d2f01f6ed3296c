"""How do events become rows that follow the head: chained, and in the binary form that COPY takes?"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from hashlib import sha256
from struct import Struct
from typing import Final

COPY_ROWS: Final = """
    COPY wattbook.events (originator_version, notification_id, recorded_at, hash, topic, originator_id, state)
    FROM STDIN (FORMAT binary, ENCODING 'UTF8')
"""
"""The columns of one length come first, so that one ``struct`` packs them."""

_HEADER: Final = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
_TRAILER: Final = b"\xff\xff"
_CHAINED: Final = Struct(">qqq").pack
_FIXED: Final = Struct(">hiqiqiqi32s").pack
_LENGTH: Final = Struct(">I").pack

_UNIX_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_POSTGRES_EPOCH: Final = datetime(2000, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


@dataclass(frozen=True)
class Head:
    """The last position and its hash, with the instant at which what follows is recorded."""

    position: int
    recorded_at: datetime
    hash: bytes


class Rows:
    """What is appended after a head in one transaction.

    :mod:`adapters.event_log.hash_chain` says what the hash is; here its bytes are put
    together faster, from parts that the row needs as well.
    """

    def __init__(self, head: Head) -> None:
        self.position = head.position
        self.hash = head.hash
        self._rows: list[bytes] = []
        self._unix_micros = (head.recorded_at - _UNIX_EPOCH) // _MICROSECOND
        self._postgres_micros = (head.recorded_at - _POSTGRES_EPOCH) // _MICROSECOND

    def __len__(self) -> int:
        return len(self._rows)

    def add(self, stream: str, version: int, topic: str, state: bytes) -> int:
        """Let one event follow; return its position."""
        self.position = position = self.position + 1
        name = stream.encode()
        named, topic_part = _LENGTH(len(name)) + name, _with_length(topic)
        covered = _CHAINED(position, version, self._unix_micros) + named + topic_part + sha256(state).digest()
        self.hash = digest = sha256(self.hash + covered).digest()
        fixed = _FIXED(7, 8, version, 8, position, 8, self._postgres_micros, 32, digest)
        self._rows.append(fixed + topic_part + named + _LENGTH(len(state)) + state)
        return position

    def copied(self) -> Iterator[bytes]:
        """Yield the rows in PostgreSQL's binary COPY format, in pieces of a size that the driver likes."""
        yield _HEADER
        for start in range(0, len(self._rows), 64):
            yield b"".join(self._rows[start : start + 64])
        yield _TRAILER


@cache
def _with_length(topic: str) -> bytes:
    """There are as many topics as kinds of events."""
    text = topic.encode()
    return _LENGTH(len(text)) + text
