"""Which stored events can concern a book, and what do they make of it?"""

from collections.abc import Iterable, Sequence
from datetime import UTC
from typing import Final

from adapters.event_log.raw_log import Raw
from adapters.event_log.stored_events import read_event
from domain.book import Book
from domain.canonical import day_text
from domain.errors import LogDamagedError
from domain.events import Recorded

_OF_ONE_DAY: Final = ("deal.", "reference-price.")
"""Topics whose events name their delivery day, in a stored form that never changes."""

_ESCAPED: Final = b"\\u00"
"""A letter or digit can be written so in JSON; no stored form does, but then it is read to be sure."""


def fold(book: Book, pages: Iterable[Sequence[Raw]], until: int) -> Book:
    """Let the events of *pages*, all from where *book* is up to *until*, count in it, and return it.

    Only what names the book's day is read whole: the others are passed over by their bytes.
    Raises :class:`LogDamagedError` at the first position that is missing or cannot be read.
    """
    day = day_text(book.delivery_day).encode()
    for page in pages:
        expected = book.position
        for position, recorded_at, topic, state in page:
            expected += 1
            if position != expected:
                raise LogDamagedError(f"the event log has no event at position {expected}: {position} follows")
            if topic.startswith(_OF_ONE_DAY) and day not in state and _ESCAPED not in state:
                continue
            try:
                event = read_event(topic, bytes(state))
            except LogDamagedError as error:
                raise LogDamagedError(f"position {position}: {error}") from error
            book.add(Recorded(position, recorded_at.astimezone(UTC), event))
        if page:
            book.reached(page[-1][0], page[-1][1].astimezone(UTC))
    if book.position < until:
        raise LogDamagedError(f"the event log has no event at position {book.position + 1}")
    return book
