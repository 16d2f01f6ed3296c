"""What bounds a replay, a verification and a rebuild? Parts of their work, each done alone over the whole log."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Final

import psycopg
from psycopg.sql import SQL, Identifier

from adapters.event_log.chain_check import Link, check_chain
from adapters.event_log.confirmed_deal import is_usual
from adapters.event_log.raw_log import RawLog
from adapters.read_models.builds import builds
from adapters.read_models.ledger_check import ToldRows, holds_exactly
from projections.deals import deals
from wattbook.stretches import each_stretch

STRETCH: Final = 50_000
PAGE: Final = 5_000


def bounds(url: str, count: int) -> Iterator[tuple[str, Callable[[], object]]]:
    """Yield parts of a verification of *count* confirmed deals, each with what does it."""
    for name, part in (
        ("the bound: events read, with all that their hashes cover", _read),
        ("the bound: and hashed, two SHA-256 each", _hashed),
        ("the bound: and decoded", _decoded),
    ):
        yield name, partial(_all, partial(part, url), count)


def ledger_bound(url: str, count: int) -> Callable[[], object]:
    """Return what lets PostgreSQL write the ledger as text and work its products out, with nothing to compare."""
    return partial(_all, partial(_ledger_written, url), count)


def _all(part: Callable[[int, int], None], count: int) -> None:
    for _ in each_stretch(part, count, STRETCH):
        pass


def _read(url: str, after: int, until: int) -> None:
    with RawLog(url) as log:
        for _ in log.links(after, until):
            pass


def _hashed(url: str, after: int, until: int) -> None:
    with RawLog(url) as log:
        assert check_chain(log.links(after, until), after, until, log.before(after)) == []


def _decoded(url: str, after: int, until: int) -> None:
    def pages(log: RawLog) -> Iterator[Sequence[Link]]:
        for page in log.links(after, until):
            assert all(is_usual(link[5]) for link in page)
            yield page

    with RawLog(url) as log:
        assert check_chain(pages(log), after, until, log.before(after)) == []


def _ledger_written(url: str, after: int, until: int) -> None:
    with RawLog(url) as log:
        for start in range(after, until, PAGE):
            holds_exactly(log.connection, ToldRows("", []), start, min(start + PAGE, until), [])


def rebuild_bound(url: str, count: int) -> Callable[[], object]:
    """Return what writes the rows of the deals, which are there already, to a new table and indexes them."""

    def written() -> None:
        with builds(url) as building, psycopg.connect(url, autocommit=True) as connection:
            ((pair, _),) = building.begin([deals])
            names = [Identifier("read_models", table.table) for table in (pair.next, pair.used)]
            connection.execute(SQL("INSERT INTO {} SELECT * FROM {}").format(*names))
            building.finish(pair, None, count)
            building.clear()

    return written
