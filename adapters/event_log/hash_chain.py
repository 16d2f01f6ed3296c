"""How does each event vouch for all before it? By a hash over its own bytes and the hash before."""

import struct
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Final, NamedTuple

GENESIS: Final = bytes(32)
"""The hash before the first event."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


class Link(NamedTuple):
    """The parts of an event that its hash covers; ``state`` is covered by its own digest."""

    position: int
    stream: str
    version: int
    topic: str
    recorded_at: datetime
    state: bytes


def chained(previous: bytes, link: Link) -> bytes:
    """Return the chain hash up to and including one event.

    sha256 over: the previous hash (32 bytes), position and version (8 bytes each, big
    endian), recorded_at in microseconds since 1970 UTC (8 bytes, signed), the lengths of
    stream and topic (4 bytes each) each followed by its UTF-8 bytes, and sha256(state).
    """
    stream, topic = link.stream.encode(), link.topic.encode()
    micros = (link.recorded_at - _EPOCH) // _MICROSECOND
    return sha256(
        b"".join(
            (
                previous,
                struct.pack(">qqq", link.position, link.version, micros),
                struct.pack(">I", len(stream)),
                stream,
                struct.pack(">I", len(topic)),
                topic,
                sha256(link.state).digest(),
            )
        )
    ).digest()
