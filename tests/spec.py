"""How does a test say given / when / then of a read model, and hold it to the laws of all read models?"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, TypeVar

from domain.events import Event, Recorded
from domain.recording import AlreadyRecorded, Outcome, decide, stream_of
from projections.read_model import ReadModel
from tests.notation import recorded

Row = TypeVar("Row", bound=tuple[Any, ...])


class Given:
    """What the log holds: the events in the positions from 1 on."""

    def __init__(self, events: Sequence[Event]) -> None:
        self._log = recorded(events)

    def when(self, read_model: ReadModel[Row]) -> "When[Row]":
        """Fold the log through *read_model*."""
        return When(read_model, self._log)


class When(Generic[Row]):
    """What a read model makes of the log, whatever the order and the pages it is fed in."""

    def __init__(self, read_model: ReadModel[Row], log: Sequence[Recorded]) -> None:
        self._read_model = read_model
        self._log = log

    def then(self, *expected: Mapping[str, object]) -> None:
        """Assert that the rows are the expected ones; each names the columns that it cares for."""
        rows = in_key_order(self._read_model, self._read_model.fold(self._log))
        seen = [{name: getattr(row, name) for name in wanted} for row, wanted in zip(rows, expected, strict=False)]
        assert seen == [dict(wanted) for wanted in expected]
        assert len(rows) == len(expected)
        for pages in _ways_to_read(self._log):
            assert in_key_order(self._read_model, fold_pages(self._read_model, pages)) == rows


def given(*events: Event) -> Given:
    """Begin a sentence: given these events, in log order."""
    return Given(events)


def fold_pages(read_model: ReadModel[Row], pages: Iterable[Sequence[Recorded]]) -> list[Row]:
    """Fold each page by itself and merge the results, as the tables do."""
    merged: dict[tuple[object, ...], Row] = {}
    for page in pages:
        for row in read_model.fold(page):
            key = _key(read_model, row)
            merged[key] = read_model.merge(merged[key], row) if key in merged else row
    return list(merged.values())


def in_key_order(read_model: ReadModel[Row], rows: Iterable[Row]) -> list[Row]:
    """Return *rows* in the order of their keys."""
    return sorted(rows, key=lambda row: _key(read_model, row))


class MemoryLog:
    """The event log's rules without a database: what is news, and in which position it is."""

    def __init__(self, clock: Callable[[int], datetime] | None = None) -> None:
        self.events: list[Recorded] = []
        self._streams: dict[str, list[Recorded]] = {}
        self._clock = clock or (lambda position: datetime(2023, 2, 6, 10, tzinfo=UTC) + timedelta(seconds=position))

    def append(self, events: Iterable[Event]) -> list[Outcome]:
        """Record what is news of *events*; return what became of each."""
        return [self._append(event) for event in events]

    def _append(self, event: Event) -> Outcome:
        past = self._streams.setdefault(stream_of(event), [])
        decision = decide(event, past)
        if isinstance(decision, AlreadyRecorded):
            return Outcome("duplicate", decision.position, decision.brought_by)
        position = len(self.events) + 1
        entry = Recorded(position, self._clock(position), decision.event)
        self.events.append(entry)
        past.append(entry)
        if decision.conflicts_with is None:
            return Outcome("recorded", position)
        return Outcome("conflict", decision.conflicts_with)


def _ways_to_read(log: Sequence[Recorded]) -> Iterable[list[Sequence[Recorded]]]:
    backwards = log[::-1]
    for order in (log, backwards):
        yield [order]
        yield [[event] for event in order]
        for cut in range(1, len(order)):
            yield [order[:cut], order[cut:]]
            yield [order[cut:], order[:cut]]


def _key(read_model: ReadModel[Row], row: Row) -> tuple[Any, ...]:
    return tuple(getattr(row, name) for name in read_model.key)
