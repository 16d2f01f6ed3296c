"""After whatever fault: is every promised message there once, and nothing else? The invariants I1 to I6.

The chain is recomputed here from its definition, apart from the code that wrote it.
"""

import base64
import json
import struct
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import pairwise
from typing import Any

import psycopg
from psycopg.sql import SQL, Identifier

from adapters.event_log.stored_events import read_event
from domain.events import Recorded
from projections import READ_MODELS
from tests.fault_matrix.said import Said

NOT_PROMISED = timedelta(seconds=1)
"""What was said less than this before a line was last known to work may be gone with it."""

SIGNS_LATE = timedelta(seconds=3)
"""So much too early a loss may begin: a sign of life is written once a second, and not by a process that is held up."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Stored:
    """One row of the log as it lies there."""

    stream: str
    version: int
    topic: str
    state: bytes
    position: int
    recorded_at: datetime
    chain_hash: bytes

    @property
    def fields(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.state)
        return found

    @property
    def original(self) -> bytes:
        """The message as it was received."""
        stored: Mapping[str, str] = self.fields["receipt"]["original"]
        return stored["text"].encode() if "text" in stored else base64.b64decode(stored["base64"])


@dataclass(frozen=True)
class Tally:
    """How many messages were promised, and what became of all of them."""

    said: int
    recorded: int
    inside_outages: int
    lost: tuple[bytes, ...]
    doubled: tuple[str, ...]
    phantoms: tuple[bytes, ...]

    @property
    def is_whole(self) -> bool:
        return not (self.lost or self.doubled or self.phantoms)


def stored_log(database_url: str, newest: int | None = None) -> list[Stored]:
    """Return the whole log in order, or its *newest* events."""
    with psycopg.connect(database_url) as connection:
        rows = connection.execute(
            "SELECT originator_id, originator_version, topic, state, notification_id, recorded_at, hash"
            " FROM wattbook.events ORDER BY notification_id DESC LIMIT %s",
            (newest,),
        ).fetchall()[::-1]
    return [
        Stored(stream, version, topic, bytes(state), position, at.astimezone(UTC), bytes(link))
        for stream, version, topic, state, position, at, link in rows
    ]


def assert_log_is_sound(log: Sequence[Stored]) -> None:
    """I4: positions without a hole, streams in order, time never backwards, the chain as its bytes make it."""
    assert [row.position for row in log] == list(range(1, len(log) + 1))
    assert all(one.recorded_at <= other.recorded_at for one, other in pairwise(log))
    versions: Counter[str] = Counter()
    link = bytes(32)
    for row in log:
        versions[row.stream] += 1
        assert row.version == versions[row.stream], row
        micros = (row.recorded_at - _EPOCH) // timedelta(microseconds=1)
        stream, topic = row.stream.encode(), row.topic.encode()
        covered = link + struct.pack(">qqq", row.position, row.version, micros)
        covered += struct.pack(">I", len(stream)) + stream + struct.pack(">I", len(topic)) + topic
        link = sha256(covered + sha256(row.state).digest()).digest()
        assert row.chain_hash == link, f"the chain breaks at position {row.position}"


def assert_read_models_are_the_fold(database_url: str, log: Sequence[Stored]) -> None:
    """I3: every table has exactly the rows that the log makes when it is folded afresh."""
    events = [Recorded(row.position, row.recorded_at, read_event(row.topic, row.state)) for row in log]
    with psycopg.connect(database_url) as connection:
        for model in READ_MODELS:
            query = SQL("SELECT {} FROM {}").format(
                SQL(", ").join(map(Identifier, model.columns)), Identifier("read_models", model.table)
            )
            there = Counter(tuple(map(_plain, row)) for row in connection.execute(query))
            made = Counter(tuple(_plain(getattr(row, name)) for name in model.columns) for row in model.fold(events))
            assert there == made, f"{model.table} is not the fold of the log"


def tally(log: Sequence[Stored], said: Sequence[Said], exchange: str = "exchange") -> Tally:
    """I1, I2, I5, I6: count what was said and what is in the log; say which messages nothing accounts for."""
    originals = [row.original for row in log if "receipt" in row.fields]
    known = {each.raw for each in said}
    there = set(originals)
    gaps = {line: losses(log, f"{exchange}/{line}") for line in {line for each in said for line in each.lines}}
    missing = [each for each in said if each.raw not in there]
    excused = [each for each in missing if all(any(a <= each.at <= b for a, b in gaps[line]) for line in each.lines)]
    return Tally(
        said=len(said),
        recorded=len(there & known),
        inside_outages=len(excused),
        lost=tuple(each.raw for each in missing if each not in excused),
        doubled=tuple(
            stream
            for stream, count in Counter(row.stream for row in log if row.topic == "deal.confirmed.v1").items()
            if count > 1
        )
        + tuple(str(raw) for raw, count in Counter(originals).items() if count > 1),
        phantoms=tuple(raw for raw in originals if raw not in known),
    )


def losses(log: Sequence[Stored], line: str) -> list[tuple[datetime, datetime]]:
    """Return when *line* was lost according to the log, each stretch widened by what is not promised.

    Only what ended: a loss without a recorded reconnection excuses nothing. What was heard and is lost
    excuses what was said meanwhile.
    """
    opened: dict[str, datetime] = {}
    ended: dict[str, datetime] = {}
    found: list[tuple[datetime, datetime]] = []
    for row in log:
        fields = row.fields
        if row.topic == "feed.connected.v1" and fields["line"] == line:
            opened[fields["connection"]] = datetime.fromisoformat(fields["connected_at"])
        elif row.topic == "feed.disconnected.v1" and fields["line"] == line:
            # One that ended in doubt is told once more when it had gone on, without another opening.
            opened.setdefault(fields["connection"], datetime.fromisoformat(fields["connected_at"]))
            ended[fields["connection"]] = datetime.fromisoformat(fields["last_heard_at"])
        elif row.topic == "feed.interrupted.v1" and fields["line"] == line:
            lost_from, lost_until = (datetime.fromisoformat(fields[name]) for name in ("lost_from", "lost_until"))
            found.append((lost_from - NOT_PROMISED, lost_until + NOT_PROMISED))
    covered: datetime | None = None
    for connection, at in sorted(opened.items(), key=lambda pair: pair[1]):
        if covered is not None and at > covered:
            found.append((covered - NOT_PROMISED, at + NOT_PROMISED))
        if connection not in ended:
            return found
        covered = max(covered or ended[connection], ended[connection])
    return found


def heard_while_lost(log: Sequence[Stored]) -> list[bytes]:
    """I5 the other way round: return what a line brought while the log says that it was lost: that loss is too long."""
    receipts = [(row.original, row.fields["receipt"]) for row in log if "receipt" in row.fields]
    gaps = {line: losses(log, line) for line in {receipt["source"] for _, receipt in receipts}}
    found = []
    for original, receipt in receipts:
        at = datetime.fromisoformat(receipt["received_at"])
        if any(a + NOT_PROMISED + SIGNS_LATE < at < b - NOT_PROMISED for a, b in gaps[receipt["source"]]):
            found.append(original)
    return found


def open_lines(database_url: str) -> set[str]:
    """Return the lines that the log holds for open now."""
    with psycopg.connect(database_url) as connection:
        rows = connection.execute(
            "SELECT topic, state FROM wattbook.events WHERE topic LIKE 'feed.%' ORDER BY notification_id"
        ).fetchall()
    held: dict[str, str] = {}
    for topic, state in rows:
        fields = json.loads(bytes(state))
        if topic == "feed.connected.v1":
            held[fields["connection"]] = fields["line"]
        elif topic == "feed.disconnected.v1":
            held.pop(fields["connection"], None)
    return set(held.values())


def assert_invariants(database_url: str, said: Sequence[Said]) -> Tally:
    """Assert all that holds after every fault; return the count for what a test wants besides."""
    log = stored_log(database_url)
    assert_log_is_sound(log)
    assert_read_models_are_the_fold(database_url, log)
    counted = tally(log, said)
    assert counted.is_whole, counted
    return counted


def _plain(value: object) -> object:
    return value.astimezone(UTC) if isinstance(value, datetime) else value
