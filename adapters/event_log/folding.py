"""Which stored events can concern a book, and what do they make of it?"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from adapters.event_log.confirmed_deal import UNUSUAL, ReadPeriod, energy_of, number_of, period_of, read_confirmed
from adapters.event_log.stored_events import read_event
from domain.book import Book
from domain.canonical import day_text
from domain.decimals import EXACT
from domain.errors import LogDamagedError
from domain.events import DealConfirmed, Direction, Recorded
from domain.figures import sums_of

if TYPE_CHECKING:
    from adapters.event_log.raw_log import Raw

OF_ONE_DAY: Final = ("deal.", "reference-price.")
"""How the topics begin whose events name their delivery day, in a stored form that never changes."""

ESCAPED: Final = b"\\u00"
"""A letter or digit can be written so in JSON; no stored form does, but then it is read to be sure."""


HELD: Final = 10_000
"""Deals whose worths are in memory before they are added up."""


def can_concern(delivery_day: bytes, topic: str, state: bytes) -> bool:
    """Tell by its bytes whether an event can concern a day; one that cannot need not be read."""
    return not topic.startswith(OF_ONE_DAY) or delivery_day in state or ESCAPED in state


def concerning(pages: Iterable[Sequence["Raw"]], delivery_day: date, after: int, until: int) -> Iterator["Raw"]:
    """Yield of *pages*, all above *after* up to *until*, the events that can concern a day, and the last one.

    Raises :class:`LogDamagedError` at the first position that is missing.
    """
    day = day_text(delivery_day).encode()
    expected = after
    for page in pages:
        for raw in page:
            expected += 1
            if raw[0] != expected:
                raise no_event_at(expected, raw[0])
            if expected == until or can_concern(day, raw[2], raw[3]):
                yield raw
    if expected < until:
        raise no_event_at(expected + 1)


def no_event_at(position: int, follows: int | None = None) -> LogDamagedError:
    """Return the error that says which position is missing, and which one is in its place."""
    what = f"the event log has no event at position {position}"
    return LogDamagedError(what if follows is None else f"{what}: {follows} follows")


def fold(book: Book, events: Iterable["Raw"]) -> Book:
    """Let *events*, all those after *book* that can concern its day, count in it, and return it.

    Confirmed deals are summed before they count. Raises :class:`LogDamagedError` at the first
    position that cannot be read.
    """
    day = day_text(book.delivery_day).encode()
    confirmed = _Confirmed(book)
    recorded_at = in_utc = None
    for position, at, topic, state in events:
        if in_utc is None or at != recorded_at:
            recorded_at, in_utc = at, at.astimezone(UTC)
        if not can_concern(day, topic, state) or (topic == DealConfirmed.TOPIC and confirmed.add(state)):
            book.reached(position, in_utc)
            continue
        try:
            event = read_event(topic, state)
        except LogDamagedError as error:
            raise LogDamagedError(f"position {position}: {error}") from error
        book.add(Recorded(position, in_utc, event))
    confirmed.count()
    return book


class _Confirmed:
    """Adds up what confirmed deals are worth to a book."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._held = 0
        self._worths: defaultdict[tuple[str, ReadPeriod, Direction], list[tuple[Decimal, Decimal]]] = defaultdict(list)

    def add(self, state: bytes) -> bool:
        """Note a deal; return ``False``, with nothing noted, where it is not in the usual form."""
        try:
            deal = read_confirmed(state).deal
            period = period_of(deal.period)
            energy_mwh = energy_of(deal.quantity_mw, period.minutes).mwh
            money_eur = EXACT.multiply(energy_mwh, number_of(deal.price_eur_mwh)[0])
        except UNUSUAL:
            return False
        if period.day == self._book.delivery_day and self._book.trader_id in (None, deal.trader_id):
            self._worths[deal.trader_id, deal.period, deal.direction].append((energy_mwh, money_eur))
            self._held += 1
            if self._held == HELD:
                self.count()
        return True

    def count(self) -> None:
        """Let what is noted count in the book."""
        for (trader_id, period, direction), worths in self._worths.items():
            self._book.count(trader_id, period_of(period), sums_of(direction, worths))
        self._worths.clear()
        self._held = 0
