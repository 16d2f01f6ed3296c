"""What do tests note in a journal?"""

from datetime import UTC, datetime, timedelta

from adapters.journal.entries import Entry, LineInterrupted, MessageHeard, Noted

NOON = datetime(2026, 2, 6, 12, tzinfo=UTC)
LATER = NOON + timedelta(hours=1)


def now() -> datetime:
    return datetime.now(UTC)


def heard(payload: bytes, *, line: str = "exchange/1", second: int = 0) -> MessageHeard:
    return MessageHeard(line, "c1", NOON + timedelta(seconds=second, microseconds=1), payload)


def noted(entries: list[Entry]) -> list[Noted]:
    """Return what was noted in a journal of which nothing is lost."""
    found: list[Noted] = []
    for entry in entries:
        assert not isinstance(entry.noted, LineInterrupted), entry
        found.append(entry.noted)
    return found
