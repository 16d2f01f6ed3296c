"""What do tests note in a journal?"""

from datetime import UTC, datetime, timedelta

from adapters.journal.entries import Entry, MessageHeard, Noted

NOON = datetime(2026, 2, 6, 12, tzinfo=UTC)
LATER = NOON + timedelta(hours=1)


def now() -> datetime:
    return datetime.now(UTC)


def heard(payload: bytes, *, line: str = "exchange/1", second: int = 0) -> MessageHeard:
    return MessageHeard(line, "c1", NOON + timedelta(seconds=second, microseconds=1), payload)


def noted(entries: list[Entry]) -> list[Noted]:
    return [entry.noted for entry in entries]
